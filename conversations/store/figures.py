"""Counts for the evaluation, steps, releases, and the statements a moderator works on."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection

from conversations.conversation import PAPER
from conversations.questionnaire import Voice
from conversations.store import tombstones
from conversations.store.file import must_wipe
from conversations.store.tombstones import Kind
from conversations.survey import FiguresError

HANDED_IN = "conversation.survey = ? AND conversation.voice = ? AND conversation.handed_in = 1"


Tally = dict[str, dict[str, int]]
"""Question → value → how often it was given by those who handed in."""


class TallyError(FiguresError):
    """The kept counts differ from the answers; the message names survey, voice and question, and no answer."""


def tally(tx: Connection, survey: str, voice: Voice) -> Tally:
    """The counts as triggers keep them with every answer: no answer is looked at, however many there are."""
    found: Tally = {}
    query = "SELECT question, value, n FROM tally WHERE survey = ? AND voice = ? AND n <> 0"
    for question, value, count in tx.execute(query, (survey, voice)):
        found.setdefault(question, {})[value] = count
    return found


def proved(tx: Connection, survey: str, voice: Voice) -> Tally:
    """The kept counts, after every answer was counted again. Raises TallyError where both ways do not agree."""
    kept, counted = tally(tx, survey, voice), recounted(tx, survey, voice)
    if wrong := sorted(q for q in {*kept, *counted} if kept.get(q) != counted.get(q)):
        raise TallyError(f"survey {survey}, {voice}: kept and counted answers differ at {', '.join(wrong)}")
    return kept


def recounted(tx: Connection, survey: str, voice: Voice) -> Tally:
    """The counts, from the answers themselves."""
    found: Tally = {}
    query = (
        f"SELECT question, value, count(*) FROM answer JOIN conversation USING (respondent) WHERE {HANDED_IN} "
        "GROUP BY question, value"
    )
    for question, value, count in tx.execute(query, (survey, voice)):
        found.setdefault(question, {})[value] = count
    return found


@dataclass(frozen=True)
class Turnout:
    """How many of a voice handed in, and how many began and did not.

    `apart`: how many of those who handed in did so on a telephone of their own. The others' answers somebody else
    has seen: who typed in their sheets, or whose telephone it was.
    """

    handed_in: int
    rest: int
    apart: int


def turnout(tx: Connection, survey: str) -> dict[Voice, Turnout]:
    """The turnout of each voice in which anybody began."""
    query = (
        "SELECT voice, sum(handed_in), sum(1 - handed_in), sum(handed_in = 1 AND person = 1 AND notice <> ?) "
        "FROM conversation WHERE survey = ? GROUP BY voice"
    )
    return {Voice(row[0]): Turnout(*row[1:]) for row in tx.execute(query, (PAPER, survey))}


def spoken(tx: Connection, survey: str, voice: Voice) -> dict[str, int]:
    """How many of those who handed in used which language."""
    query = f"SELECT language, count(*) FROM conversation WHERE {HANDED_IN} GROUP BY language"
    return {row[0]: row[1] for row in tx.execute(query, (survey, voice))}


@dataclass(frozen=True)
class Step:
    """What is shown of a voice while its survey is open: a count in steps of k.

    `exact` is how many had handed in then; it decides when the next step is due and is never shown.
    """

    exact: int
    shown: int


def steps(tx: Connection, survey: str) -> dict[Voice, Step]:
    """The last step of each voice that reached one."""
    cursor = tx.execute("SELECT voice, exact, shown FROM step WHERE survey = ?", (survey,))
    return {Voice(row[0]): Step(row[1], row[2]) for row in cursor}


def keep_step(tx: Connection, survey: str, voice: Voice, step: Step, k: int) -> None:
    """Keeps a step, and lets moderators see the statements of those who were among the step before."""
    tx.execute(
        "INSERT INTO step (survey, voice, exact, shown) VALUES (?, ?, ?, ?) ON CONFLICT (survey, voice) "
        "DO UPDATE SET exact = excluded.exact, shown = excluded.shown",
        (survey, voice, step.exact, step.shown),
    )
    _list(tx, survey, voice, k, f"stepped = {STEPPED}")
    tx.execute(f"UPDATE conversation SET stepped = {STEPPED} WHERE {HANDED_IN} AND stepped = {NEW}", (survey, voice))


NEW, STEPPED, LISTED = 0, 1, 2
"""How far a respondent's statements have come: not yet among a step, among one, seen by moderators."""


def list_statements(tx: Connection, survey: str, voice: Voice, k: int) -> None:
    """At closing, lets moderators see the statements of all who have handed in and that they have not seen yet.

    Among them are those that somebody wrote after moderators had seen the others of the same person.
    """
    later = "EXISTS (SELECT 1 FROM statement AS s WHERE s.respondent = conversation.respondent AND s.listed = 0)"
    _list(tx, survey, voice, k, f"(stepped <> {LISTED} OR {later})")


def _list(tx: Connection, survey: str, voice: Voice, k: int, among: str) -> None:
    """Lets moderators see a block of statements, if it still comes from at least k people: some may have deleted."""
    block = f"{HANDED_IN} AND {among}"
    people = tx.execute(f"SELECT count(*) FROM conversation WHERE {block}", (survey, voice)).fetchone()[0]
    if people < k:
        return
    tx.execute(
        f"UPDATE statement SET listed = 1 WHERE respondent IN (SELECT respondent FROM conversation WHERE {block})",
        (survey, voice),
    )
    tx.execute(f"UPDATE conversation SET stepped = {LISTED} WHERE {block}", (survey, voice))


@dataclass(frozen=True)
class Listed:
    """A statement as a moderator sees it: without respondent, time, language or voice."""

    id: str
    question: str
    text: str
    state: str


def listed(tx: Connection, survey: str) -> list[Listed]:
    """The statements a moderator may see, by question, within it by random id and so in no order of time."""
    query = (
        "SELECT statement.id, question, text, state FROM statement JOIN conversation USING (respondent) "
        "WHERE survey = ? AND listed = 1 ORDER BY question, statement.id"
    )
    return [Listed(*row) for row in tx.execute(query, (survey,))]


def moderate(tx: Connection, survey: str, statement: str, state: str, text: str | None = None) -> bool:
    """Sets the state of a listed statement, and its text where one is given; False if there is no such one."""
    if text is not None:
        must_wipe(tx)
        said = tx.execute("SELECT respondent, id FROM statement WHERE id = ?", (statement,)).fetchall()
        tombstones.bury(tx, Kind.TEXT, [tombstones.statement(*row) for row in said])
    cursor = tx.execute(
        "UPDATE statement SET state = ?, text = coalesce(?, text) WHERE id = ? AND listed = 1 AND respondent IN "
        "(SELECT respondent FROM conversation WHERE survey = ?)",
        (state, text, statement, survey),
    )
    return cursor.rowcount == 1


def released_ids(tx: Connection, survey: str, voice: Voice) -> dict[str, list[str]]:
    """The ids of all listed statements that were not dropped, by question: what a release refers to."""
    query = (
        f"SELECT question, statement.id FROM statement JOIN conversation USING (respondent) WHERE {HANDED_IN} "
        "AND listed = 1 AND state <> 'dropped' ORDER BY question, statement.id"
    )
    found: dict[str, list[str]] = {}
    for question, statement in tx.execute(query, (survey, voice)):
        found.setdefault(question, []).append(statement)
    return found


def texts(tx: Connection, survey: str) -> dict[str, Listed]:
    """The statements that still exist and may be shown or withheld, by id."""
    return {s.id: s for s in listed(tx, survey)}


@dataclass(frozen=True)
class KeptRelease:
    """A frozen snapshot as stored: its number, day, hash and canonical JSON."""

    number: int
    day: str
    digest: str
    document: str


def newest_release(tx: Connection, survey: str) -> KeptRelease | None:
    """The release in force."""
    query = "SELECT number, day, digest, document FROM release WHERE survey = ? ORDER BY number DESC LIMIT 1"
    row = tx.execute(query, (survey,)).fetchone()
    if row is None:
        return None
    return KeptRelease(*row)


def keep_release(tx: Connection, survey: str, release: KeptRelease) -> None:
    """Keeps a release; an earlier one stays."""
    tx.execute(
        "INSERT INTO release (survey, number, day, digest, document) VALUES (?, ?, ?, ?, ?)",
        (survey, release.number, release.day, release.digest, release.document),
    )


def all_releases(tx: Connection) -> list[tuple[str, KeptRelease]]:
    """Every release with its survey, also those that are not in force any more."""
    query = "SELECT survey, number, day, digest, document FROM release ORDER BY survey, number"
    return [(row[0], KeptRelease(*row[1:])) for row in tx.execute(query)]


def carry_release(tx: Connection, survey: str, release: KeptRelease) -> None:
    """Keeps a release as another database has it, in place of one with the same number; none for an unknown survey."""
    tx.execute(
        "INSERT INTO release (survey, number, day, digest, document) SELECT ?1, ?2, ?3, ?4, ?5 "
        "WHERE EXISTS (SELECT 1 FROM survey WHERE id = ?1) ON CONFLICT DO UPDATE SET day = excluded.day, "
        "digest = excluded.digest, document = excluded.document",
        (survey, release.number, release.day, release.digest, release.document),
    )


def answers(tx: Connection, survey: str, voice: Voice) -> list[tuple[str, str, str]]:
    """Respondent, question and value of all who handed in, for rows that leave on the server alone."""
    query = (
        f"SELECT respondent, question, value FROM answer JOIN conversation USING (respondent) WHERE {HANDED_IN} "
        "ORDER BY respondent, question"
    )
    return [(row[0], row[1], row[2]) for row in tx.execute(query, (survey, voice))]
