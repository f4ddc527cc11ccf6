"""The tables and how they came to be: one migration per version, each all or nothing."""

from __future__ import annotations

VERSION_1 = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE commune (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE survey (
  id TEXT PRIMARY KEY,
  commune INTEGER NOT NULL REFERENCES commune,
  profile TEXT NOT NULL,        -- the commune's file as it was when the survey was opened
  questionnaire TEXT NOT NULL,  -- the pinned version, kurzform-1
  salt BLOB,                    -- erased when the last letter is gone
  opens INTEGER, closes INTEGER, -- seconds since 1970, UTC
  opened_day TEXT NOT NULL, closed_day TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE door (
  code TEXT PRIMARY KEY,
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE,
  voice TEXT NOT NULL, k INTEGER NOT NULL,
  UNIQUE (survey, voice)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (version TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
  respondent TEXT PRIMARY KEY,
  survey TEXT NOT NULL REFERENCES survey,
  voice TEXT NOT NULL, language TEXT NOT NULL, notice TEXT NOT NULL, person INTEGER NOT NULL,
  place TEXT NOT NULL, at TEXT, version INTEGER NOT NULL, since INTEGER NOT NULL,
  each_new INTEGER NOT NULL, handed_in INTEGER NOT NULL, active INTEGER NOT NULL,
  hidden INTEGER NOT NULL DEFAULT 0, -- whether somebody else answers on this telephone now
  day TEXT NOT NULL,            -- of the last act
  stepped INTEGER NOT NULL DEFAULT 0 -- whether it was among those of the last step
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_of_survey ON conversation (survey, voice, handed_in, language);

CREATE TABLE answer (
  respondent TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
  question TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (respondent, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
  id TEXT PRIMARY KEY,          -- random, so that no order can be read from it
  respondent TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
  question TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new', -- new, released, dropped
  listed INTEGER NOT NULL DEFAULT 0  -- whether a moderator may see it already: set in blocks of k
) STRICT, WITHOUT ROWID;
CREATE INDEX statement_of_respondent ON statement (respondent, position);

CREATE TABLE address (
  owner TEXT PRIMARY KEY,       -- a respondent or an organiser
  survey TEXT REFERENCES survey, -- NULL: an organiser's
  sealed BLOB NOT NULL, blocked INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0 -- Telegram's retry_after, kept over restarts
) STRICT, WITHOUT ROWID;

CREATE TABLE screen (
  respondent TEXT PRIMARY KEY REFERENCES conversation ON DELETE CASCADE,
  message INTEGER,              -- the message that shows the question; NULL: send it anew at the bottom
  old INTEGER,                  -- the message whose buttons are still to be removed
  shown INTEGER NOT NULL DEFAULT 0 -- the version it shows
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
  respondent TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
  message INTEGER NOT NULL, day TEXT NOT NULL,
  PRIMARY KEY (respondent, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE letter (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: one that is on its way must not stand for another
  owner TEXT NOT NULL REFERENCES address ON DELETE CASCADE,
  survey TEXT REFERENCES survey ON DELETE CASCADE,
  kind TEXT NOT NULL, language TEXT NOT NULL, -- the text is made when it is sent
  until INTEGER NOT NULL        -- seconds since 1970; then it is dropped
) STRICT;

CREATE TABLE wish (
  id TEXT PRIMARY KEY, survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE,
  language TEXT NOT NULL, sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE farewell (         -- deletions that are still to be confirmed in the chat; no respondent
  id TEXT PRIMARY KEY, sealed BLOB NOT NULL, messages TEXT NOT NULL, word TEXT NOT NULL
) STRICT;

CREATE TABLE seen (id INTEGER PRIMARY KEY, day TEXT NOT NULL) STRICT;
CREATE TABLE trouble (id INTEGER PRIMARY KEY, error TEXT NOT NULL, day TEXT NOT NULL) STRICT;
CREATE TABLE brake (chat TEXT PRIMARY KEY, tries INTEGER NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE organiser (
  id TEXT PRIMARY KEY, commune INTEGER NOT NULL REFERENCES commune, language TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE invite (
  hash TEXT PRIMARY KEY, commune INTEGER NOT NULL REFERENCES commune, until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE, voice TEXT NOT NULL,
  exact INTEGER NOT NULL,       -- how many had handed in at that moment; never shown
  shown INTEGER NOT NULL, levels TEXT NOT NULL,
  PRIMARY KEY (survey, voice)
) STRICT, WITHOUT ROWID;

CREATE TABLE release (
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE, number INTEGER NOT NULL,
  day TEXT NOT NULL, digest TEXT NOT NULL, document TEXT NOT NULL,
  changed TEXT NOT NULL DEFAULT '{}', -- respondents that changed since, by voice
  PRIMARY KEY (survey, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY, commune INTEGER REFERENCES commune, day TEXT NOT NULL,
  action TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
"""

MIGRATIONS = (VERSION_1,)


def statements(script: str) -> list[str]:
    """The single statements of a script; comments end at the line, no string here holds a semicolon."""
    bare = "\n".join(line.partition("--")[0] for line in script.splitlines())
    return [part.strip() for part in bare.split(";") if part.strip()]
