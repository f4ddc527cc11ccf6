"""The tables and how they came to be: one migration per version, each all or nothing."""

from __future__ import annotations

from sqlite3 import complete_statement

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

VERSION_2 = """
CREATE TABLE tally (             -- how often each value was given by those who handed in; kept by the triggers below
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE, voice TEXT NOT NULL,
  question TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (survey, voice, question, value)
) STRICT, WITHOUT ROWID;
INSERT INTO tally SELECT survey, voice, question, value, count(*)
  FROM answer JOIN conversation USING (respondent) WHERE handed_in = 1 GROUP BY 1, 2, 3, 4;

ALTER TABLE conversation DROP COLUMN day;  -- nobody needs to know when somebody answered last
UPDATE conversation SET stepped = 2 WHERE respondent IN (SELECT respondent FROM statement WHERE listed = 1);
ALTER TABLE step DROP COLUMN levels;       -- a level while a survey is open would tell single answers at its end
ALTER TABLE release DROP COLUMN changed;   -- a release stands: the difference of two would tell who went

ALTER TABLE screen ADD COLUMN wish INTEGER NOT NULL DEFAULT 0; -- how often it was to be sent anew at the bottom

CREATE TRIGGER answer_comes AFTER INSERT ON answer BEGIN
  INSERT INTO tally SELECT survey, voice, NEW.question, NEW.value, 1
    FROM conversation WHERE respondent = NEW.respondent AND handed_in = 1
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER answer_goes AFTER DELETE ON answer BEGIN -- after a conversation went there is none: see below
  UPDATE tally SET n = n - 1 FROM conversation AS c
    WHERE c.respondent = OLD.respondent AND c.handed_in = 1 AND tally.survey = c.survey AND tally.voice = c.voice
      AND question = OLD.question AND value = OLD.value;
END;
CREATE TRIGGER answer_changes AFTER UPDATE OF value ON answer WHEN OLD.value <> NEW.value BEGIN
  UPDATE tally SET n = n - 1 FROM conversation AS c
    WHERE c.respondent = OLD.respondent AND c.handed_in = 1 AND tally.survey = c.survey AND tally.voice = c.voice
      AND question = OLD.question AND value = OLD.value;
  INSERT INTO tally SELECT survey, voice, NEW.question, NEW.value, 1
    FROM conversation WHERE respondent = NEW.respondent AND handed_in = 1
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER conversation_handed_in AFTER UPDATE OF handed_in ON conversation
WHEN OLD.handed_in = 0 AND NEW.handed_in = 1 BEGIN
  INSERT INTO tally SELECT NEW.survey, NEW.voice, question, value, 1 FROM answer WHERE respondent = NEW.respondent
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER conversation_taken_back AFTER UPDATE OF handed_in ON conversation
WHEN OLD.handed_in = 1 AND NEW.handed_in = 0 BEGIN
  UPDATE tally SET n = n - 1 FROM answer AS a
    WHERE a.respondent = NEW.respondent AND tally.survey = NEW.survey AND tally.voice = NEW.voice
      AND tally.question = a.question AND tally.value = a.value;
END;
CREATE TRIGGER conversation_goes BEFORE DELETE ON conversation WHEN OLD.handed_in = 1 BEGIN
  UPDATE tally SET n = n - 1 FROM answer AS a
    WHERE a.respondent = OLD.respondent AND tally.survey = OLD.survey AND tally.voice = OLD.voice
      AND tally.question = a.question AND tally.value = a.value;
END;

CREATE TABLE tombstone (         -- that something was deleted, so that a restored backup deletes it again
  id TEXT PRIMARY KEY,           -- random: it tells which deletions a backup has seen already
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,            -- of the kind and the id of what was deleted, never the id
  day TEXT NOT NULL DEFAULT CURRENT_DATE
) STRICT, WITHOUT ROWID;
"""

VERSION_3 = """
CREATE TABLE referral (          -- a contributor does not know, but says who may
  respondent TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
  question TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (respondent, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE contributor (       -- a department that answers for the town, by its function
  id TEXT PRIMARY KEY,
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE,
  number INTEGER NOT NULL,       -- the order in which they were named
  department TEXT NOT NULL, function TEXT NOT NULL,
  name TEXT,                     -- only where it is to be printed
  hash TEXT UNIQUE, until INTEGER, -- of the one-time link, until it is used or runs out
  respondent TEXT UNIQUE,        -- whoever used the link, or brought a sheet
  remind INTEGER NOT NULL DEFAULT 0,   -- whether it wants to be reminded
  reminded INTEGER NOT NULL DEFAULT 0, -- how often it was
  UNIQUE (survey, department, function)
) STRICT, WITHOUT ROWID;

CREATE TABLE part (              -- which questions a contributor was given
  contributor TEXT NOT NULL REFERENCES contributor ON DELETE CASCADE,
  question TEXT NOT NULL,
  PRIMARY KEY (contributor, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision (          -- the town's answer where the departments do not give it by agreeing
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE,
  question TEXT NOT NULL,
  value TEXT, text TEXT,         -- of a rating question; of an open one
  reason TEXT NOT NULL,
  seen TEXT NOT NULL,            -- a hash of what the departments said when it was made
  PRIMARY KEY (survey, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE comment (           -- a contributor's Stellungnahme on a field
  contributor TEXT NOT NULL REFERENCES contributor ON DELETE CASCADE,
  field TEXT NOT NULL, text TEXT NOT NULL, day TEXT NOT NULL,
  PRIMARY KEY (contributor, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE choice (            -- the focus fields for the workshop
  survey TEXT PRIMARY KEY REFERENCES survey ON DELETE CASCADE, fields TEXT NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (             -- "Auswertung und Empfehlung" as people edited it, by field or "overall"
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE, part TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (survey, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (           -- every step of a statement, for its coordinator
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  survey TEXT NOT NULL REFERENCES survey ON DELETE CASCADE,
  moment INTEGER NOT NULL,       -- seconds since 1970
  who TEXT NOT NULL,             -- a function, never a name
  step TEXT NOT NULL, subject TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL
) STRICT;
CREATE INDEX journal_of_survey ON journal (survey, id);

ALTER TABLE survey ADD COLUMN presented_day TEXT; -- since when the departments may comment on their parts
ALTER TABLE survey ADD COLUMN languages TEXT;     -- in which it is offered, as a list; NULL: in all there are
ALTER TABLE organiser ADD COLUMN asked TEXT;      -- what the next message of a coordinator answers
"""

MIGRATIONS = (VERSION_1, VERSION_2, VERSION_3)


def statements(script: str) -> list[str]:
    """The single statements of a script, a trigger with all its own ones being one; comments end at the line."""
    found, begun = [], ""
    for line in script.splitlines():
        bare = line.partition("--")[0].rstrip()
        begun += bare + "\n" if begun or bare else ""
        if complete_statement(begun):
            found.append(begun.strip())
            begun = ""
    return found
