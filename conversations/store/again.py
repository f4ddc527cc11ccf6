"""What a restored backup must forget again: whatever was deleted, redacted or erased after it had been made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from sqlite3 import Connection

from conversations.store import contributions, organisers, people, post, surveys, tombstones
from conversations.store.file import must_wipe
from conversations.store.tombstones import Kind, Tombstone

REDACTED = "[…]"  # what is left of a text that was redacted after the backup: nobody knows the words it got


@dataclass(frozen=True)
class Ended:
    """Surveys that came further than the backup knows: `closed` (its day), `erased` their link, `emptied` of people."""

    closed: dict[str, str]
    erased: tuple[str, ...]
    emptied: tuple[str, ...]


def forget_again(tx: Connection, found: Iterable[Tombstone]) -> Ended:
    """Deletes whatever these tombstones stand for, and keeps them; gives what is still to be done with surveys.

    A tombstone that the backup holds itself was obeyed before it was made: whoever came back after a deletion stays.
    """
    own = tombstones.kept(tx)
    seen = {t.id for t in own}
    new = [t for t in found if t.id not in seen]
    must_wipe(tx)
    _people(tx, _among(new, Kind.RESPONDENT))
    _statements(tx, _among(new, Kind.STATEMENT), _among(new, Kind.TEXT))
    loose = [a.owner for s in surveys.all_surveys(tx) for a in post.addresses_without_respondent(tx, s)]
    wishes = [i for s in surveys.all_surveys(tx) for i, _, _ in post.wishes(tx, s)]
    wanted = _among(new, Kind.WISH)
    post.drop_wishes(tx, [i for i in wishes if wanted(i)])
    post.drop_addresses(tx, [i for i in loose if wanted(i)])
    post.drop_farewells(tx, [f.id for f in post.farewells(tx) if _among(new, Kind.FAREWELL)(f.id)])
    gone = _among(new, Kind.ORGANISER)
    organisers.remove(tx, [i for i, _ in organisers.everybody(tx) if gone(i)])
    organisers.drop_invites(tx)
    contributions.drop_links(tx)
    tombstones.keep_only(tx, [*own, *new])  # none for what was done now: a later backup may hold who came back since
    return _ended(tx, new)


def _among(new: Iterable[Tombstone], kind: Kind) -> Callable[[str], bool]:
    """Tells by its id whether something of this kind was deleted."""
    hashes = {t.hash for t in new if t.kind is kind}
    return lambda identifier: tombstones.hashed(kind, identifier) in hashes


def _people(tx: Connection, deleted: Callable[[str], bool]) -> None:
    everybody = [r for r, _, _ in people.everybody(tx)] + contributions.respondents(tx)
    people.forget(tx, [r for r in dict.fromkeys(everybody) if deleted(r)])


def _statements(tx: Connection, withdrawn: Callable[[str], bool], redacted: Callable[[str], bool]) -> None:
    for respondent, identifier in tx.execute("SELECT respondent, id FROM statement").fetchall():
        name = tombstones.statement(respondent, identifier)
        if withdrawn(name):
            tx.execute("DELETE FROM statement WHERE id = ?", (identifier,))
        elif redacted(name):
            tx.execute("UPDATE statement SET text = ?, state = 'dropped' WHERE id = ?", (REDACTED, identifier))


def _ended(tx: Connection, new: list[Tombstone]) -> Ended:
    days = {t.hash: t.day for t in new if t.kind is Kind.CLOSED}
    every = surveys.all_surveys(tx)
    closed = {s: days[h] for s in every if (h := tombstones.hashed(Kind.CLOSED, s)) in days and not every[s].closed}
    erased, emptied = _among(new, Kind.LINK), _among(new, Kind.PEOPLE)
    return Ended(closed, tuple(filter(erased, every)), tuple(filter(emptied, every)))
