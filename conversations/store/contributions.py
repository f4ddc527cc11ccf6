"""One statement of many: contributors and their parts, decisions, comments, drafts, and the journal of every step."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from conversations.conversation import Conversation
from conversations.institution import Contributor, Decision, Seat
from conversations.store import people
from conversations.store.file import must_wipe


@dataclass(frozen=True)
class Entry:
    """One step of a statement. `moment` in seconds since 1970; `who` a function, never a name."""

    moment: int
    who: str
    step: str
    subject: str
    before: str
    after: str


@dataclass(frozen=True)
class Comment:
    """A contributor's signed Stellungnahme on a field, as it is printed."""

    contributor: str
    field: str
    text: str
    day: str


@dataclass(frozen=True)
class Choice:
    """The focus fields that were set for the workshop, and why."""

    fields: tuple[str, ...]
    reason: str


# ---- contributors and their parts -------------------------------------------------------------------------------


def contributors(tx: Connection, survey: str) -> list[Contributor]:
    """All contributors of a statement with their parts, in the order in which they were named."""
    return _contributors(tx, "survey = ?", (survey,))


def answering(tx: Connection, respondents: Iterable[str]) -> dict[str, Contributor]:
    """The contributors behind these respondents, by respondent."""
    found = _contributors(tx, "respondent IN (SELECT value FROM json_each(?))", (json.dumps(list(respondents)),))
    return {one.respondent: one for one in found if one.respondent is not None}


def seats(tx: Connection, respondents: Iterable[str]) -> dict[str, Seat]:
    """What the chats of these respondents know of the contributors behind them; without those who are none."""
    found = answering(tx, respondents)
    known = _seats(tx, list(found.values())) if found else {}
    return {r: known[one.id] for r, one in found.items()}


def _seats(tx: Connection, found: Sequence[Contributor]) -> dict[str, Seat]:
    """The seats of contributors, by their id."""
    wanted = json.dumps([one.id for one in found])
    query = ("SELECT contributor.id, survey, presented_day IS NOT NULL FROM contributor JOIN survey ON survey.id = "
             "survey WHERE contributor.id IN (SELECT value FROM json_each(?))")  # fmt: skip
    places = {row[0]: (row[1], bool(row[2])) for row in tx.execute(query, (wanted,))}
    comments: dict[str, dict[str, tuple[str, str]]] = {}
    query = "SELECT contributor, field, text, day FROM comment WHERE contributor IN (SELECT value FROM json_each(?))"
    for contributor, field, text, day in tx.execute(query, (wanted,)):
        comments.setdefault(contributor, {})[field] = (text, day)
    return {one.id: Seat(places[one.id][0], one, places[one.id][1], comments.get(one.id, {})) for one in found}


def _contributors(tx: Connection, where: str, values: tuple[object, ...]) -> list[Contributor]:
    rows = tx.execute(
        "SELECT id, department, function, name, respondent, remind, reminded FROM contributor "
        f"WHERE {where} ORDER BY number",
        values,
    ).fetchall()
    parts: dict[str, set[str]] = {row[0]: set() for row in rows}
    query = "SELECT contributor, question FROM part WHERE contributor IN (SELECT value FROM json_each(?))"
    for contributor, question in tx.execute(query, (json.dumps(list(parts)),)):
        parts[contributor].add(question)
    return [
        Contributor(row[0], row[1], row[2], row[3], row[4], frozenset(parts[row[0]]), bool(row[5]), row[6])
        for row in rows
    ]


def add(tx: Connection, survey: str, one: Contributor) -> None:
    """Keeps a new contributor; sqlite3.IntegrityError where department and function are there already."""
    tx.execute(
        "INSERT INTO contributor (id, survey, number, department, function, name) VALUES (?, ?, "
        "(SELECT coalesce(max(number), 0) + 1 FROM contributor WHERE survey = ?), ?, ?, ?)",
        (one.id, survey, survey, one.department, one.function, one.name),
    )


def invite(tx: Connection, contributor: str, hashed: str, until: int) -> None:
    """Keeps a contributor's one-time link by its hash, in place of an earlier one; `until` in seconds since 1970."""
    tx.execute("UPDATE contributor SET hash = ?, until = ? WHERE id = ?", (hashed, until, contributor))


def linked(tx: Connection, hashed: str, now: int) -> tuple[Seat, bool] | None:
    """Where a one-time link leads that is still good (True), or that was used: whoever used it may open it again."""
    found = _contributors(tx, "hash = ? AND (until > ? OR until IS NULL)", (hashed, now))
    if not found:
        return None
    good = tx.execute("SELECT until IS NOT NULL FROM contributor WHERE id = ?", (found[0].id,)).fetchone()
    return _seats(tx, found)[found[0].id], bool(good[0])


def bind(tx: Connection, contributor: str, respondent: str) -> None:
    """From now on this respondent is the contributor; its link is used up. Whether it is reminded is asked anew.

    Of somebody else who was it before the journal still tells that something was written, and not what: nothing leads
    from there to whoever deletes it.
    """
    tx.execute(
        "UPDATE journal SET before = '', after = '' WHERE step = 'text' AND EXISTS (SELECT 1 FROM contributor AS c "
        "WHERE c.id = ? AND c.respondent <> ? AND c.survey = journal.survey "
        "AND c.department || ', ' || c.function = journal.who)",
        (contributor, respondent),
    )
    tx.execute(
        "UPDATE contributor SET respondent = ?, until = NULL, remind = 0, reminded = 0 WHERE id = ?",
        (respondent, contributor),
    )


def drop_links(tx: Connection) -> None:
    """Takes back all links that were not used: in a restored backup they may be long replaced."""
    tx.execute("UPDATE contributor SET hash = NULL, until = NULL WHERE until IS NOT NULL")


def unbind_waiting(tx: Connection) -> None:
    """Frees the contributors of those who used a link and have consented to nothing: their name cannot be made anew."""
    tx.execute("UPDATE contributor SET respondent = NULL, hash = iif(until IS NULL, NULL, hash) "
               "WHERE respondent NOT IN (SELECT respondent FROM conversation)")  # fmt: skip


def respondents(tx: Connection) -> list[str]:
    """Every respondent who is a contributor, also one who has not consented yet."""
    return [row[0] for row in tx.execute("SELECT respondent FROM contributor WHERE respondent IS NOT NULL")]


def assign(tx: Connection, contributor: str, questions: Iterable[str]) -> None:
    """Gives questions to a contributor; one may be given to several."""
    tx.executemany(
        "INSERT OR IGNORE INTO part (contributor, question) VALUES (?, ?)", [(contributor, q) for q in questions]
    )


def withdraw(tx: Connection, contributor: str, questions: Iterable[str]) -> None:
    """Takes questions away from a contributor; what it said to them stays, but does not count any more."""
    tx.executemany("DELETE FROM part WHERE contributor = ? AND question = ?", [(contributor, q) for q in questions])


def remind(tx: Connection, contributor: str, wanted: bool) -> None:
    """Whether a contributor wants to be reminded."""
    tx.execute("UPDATE contributor SET remind = ? WHERE id = ?", (int(wanted), contributor))


def reminded(tx: Connection, identifiers: Iterable[str], moment: int) -> None:
    """Notes at which of the moments, counted from 1, these contributors were reminded last."""
    tx.executemany("UPDATE contributor SET reminded = ? WHERE id = ?", [(moment, i) for i in identifiers])


def conversations(tx: Connection, found: Sequence[Contributor]) -> dict[str, Conversation]:
    """What these contributors answered, by respondent."""
    return people.load(tx, [one.respondent for one in found if one.respondent is not None])


# ---- decisions, comments, choice, drafts ------------------------------------------------------------------------


def decisions(tx: Connection, survey: str) -> dict[str, Decision]:
    """The coordinator's decisions, by question."""
    cursor = tx.execute("SELECT question, value, text, reason, seen FROM decision WHERE survey = ?", (survey,))
    return {row[0]: Decision(*row[1:]) for row in cursor}


def decide(tx: Connection, survey: str, question: str, decision: Decision) -> None:
    """Keeps a decision in place of an earlier one."""
    tx.execute(
        "INSERT INTO decision (survey, question, value, text, reason, seen) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (survey, question) DO UPDATE SET value = excluded.value, text = excluded.text, "
        "reason = excluded.reason, seen = excluded.seen",
        (survey, question, decision.value, decision.text, decision.reason, decision.seen),
    )


def undecide(tx: Connection, survey: str, question: str) -> None:
    """Takes a decision back: the answer follows from the contributors again."""
    tx.execute("DELETE FROM decision WHERE survey = ? AND question = ?", (survey, question))


def present(tx: Connection, survey: str, day: str) -> None:
    """From this day on the departments see the town's answers to their parts, and may comment."""
    tx.execute("UPDATE survey SET presented_day = ? WHERE id = ?", (day, survey))


def presented_day(tx: Connection, survey: str) -> str | None:
    """Since when the departments may comment; None while they may not."""
    row = tx.execute("SELECT presented_day FROM survey WHERE id = ?", (survey,)).fetchone()
    return row[0] if row else None


def comments(tx: Connection, survey: str) -> list[Comment]:
    """The Stellungnahmen, by field and in the order of the contributors."""
    query = (
        "SELECT contributor, field, text, day FROM comment JOIN contributor ON contributor.id = contributor "
        "WHERE survey = ? ORDER BY field, number"
    )
    return [Comment(*row) for row in tx.execute(query, (survey,))]


def comment(tx: Connection, one: Comment) -> None:
    """Keeps a Stellungnahme in place of the contributor's earlier one on the field; an empty text takes it back."""
    must_wipe(tx)
    tx.execute("DELETE FROM comment WHERE contributor = ? AND field = ?", (one.contributor, one.field))
    if one.text:
        tx.execute("INSERT INTO comment (contributor, field, text, day) VALUES (?, ?, ?, ?)",
                   (one.contributor, one.field, one.text, one.day))  # fmt: skip


def choice(tx: Connection, survey: str) -> Choice | None:
    """The focus fields that were set, if any."""
    row = tx.execute("SELECT fields, reason FROM choice WHERE survey = ?", (survey,)).fetchone()
    return Choice(tuple(json.loads(row[0])), row[1]) if row else None


def choose(tx: Connection, survey: str, one: Choice) -> None:
    """Keeps the focus fields in place of earlier ones."""
    tx.execute("INSERT INTO choice (survey, fields, reason) VALUES (?, ?, ?) ON CONFLICT (survey) DO UPDATE SET "
               "fields = excluded.fields, reason = excluded.reason",
               (survey, json.dumps(one.fields), one.reason))  # fmt: skip


def drafts(tx: Connection, survey: str) -> dict[str, str]:
    """The edited texts "Auswertung und Empfehlung", by field id or "overall"."""
    return {row[0]: row[1] for row in tx.execute("SELECT part, text FROM draft WHERE survey = ?", (survey,))}


def keep_drafts(tx: Connection, survey: str, texts: Mapping[str, str]) -> None:
    """Keeps edited texts in place of all earlier ones."""
    tx.execute("DELETE FROM draft WHERE survey = ?", (survey,))
    tx.executemany("INSERT INTO draft (survey, part, text) VALUES (?, ?, ?)", [(survey, *row) for row in texts.items()])


# ---- the journal ------------------------------------------------------------------------------------------------


def log(tx: Connection, survey: str, entry: Entry) -> None:
    """Writes a step down, in the transaction that makes it."""
    tx.execute(
        "INSERT INTO journal (survey, moment, who, step, subject, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (survey, entry.moment, entry.who, entry.step, entry.subject, entry.before, entry.after),
    )


def journal(tx: Connection, survey: str) -> list[Entry]:
    """All steps of a statement, the first one first."""
    query = "SELECT moment, who, step, subject, before, after FROM journal WHERE survey = ? ORDER BY id"
    return [Entry(*row) for row in tx.execute(query, (survey,))]


def last(tx: Connection, survey: str, step: str) -> dict[str, int]:
    """When each of those who made a step in a statement made it last, in seconds since 1970."""
    query = "SELECT who, max(moment) FROM journal WHERE survey = ? AND step = ? GROUP BY who"
    return {row[0]: row[1] for row in tx.execute(query, (survey, step))}


def erase(tx: Connection, survey: str) -> None:
    """Deletes how a statement came to be, at the end of its retention; what was signed stays in the releases."""
    must_wipe(tx)
    for table in ("journal", "draft", "choice", "decision"):
        tx.execute(f"DELETE FROM {table} WHERE survey = ?", (survey,))
    tx.execute("DELETE FROM fact WHERE name IN (SELECT 'sheet ' || id FROM contributor WHERE survey = ?)", (survey,))
    tx.execute("DELETE FROM contributor WHERE survey = ?", (survey,))
