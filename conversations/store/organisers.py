"""Organisers: one-time links, and who may ask for a commune's digest in the chat."""

from __future__ import annotations

import json
from collections.abc import Iterable
from sqlite3 import Connection

from conversations.store import tombstones
from conversations.store.file import must_wipe
from conversations.store.tombstones import Kind


def invite(tx: Connection, hashed: str, commune: int, until: int) -> None:
    """Keeps a one-time link by its hash; `until` in seconds since 1970."""
    tx.execute("INSERT INTO invite (hash, commune, until) VALUES (?, ?, ?)", (hashed, commune, until))


def redeem(tx: Connection, hashed: str, now: int) -> int | None:
    """The commune of a one-time link that is still good; it is used up by this."""
    row = tx.execute("SELECT commune FROM invite WHERE hash = ? AND until > ?", (hashed, now)).fetchone()
    tx.execute("DELETE FROM invite WHERE hash = ?", (hashed,))
    return int(row[0]) if row else None


def add(tx: Connection, identifier: str, commune: int, language: str) -> None:
    """Lets somebody in as an organiser of a commune."""
    tx.execute(
        "INSERT INTO organiser (id, commune, language) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (identifier, commune, language),
    )


def communes(tx: Connection) -> list[int]:
    """The communes that have organisers."""
    return [row[0] for row in tx.execute("SELECT DISTINCT commune FROM organiser")]


def known(tx: Connection, identifiers: Iterable[str]) -> dict[str, tuple[int, str, str | None]]:
    """Commune and language of those of these ids that are organisers, and what their next message answers."""
    query = "SELECT id, commune, language, asked FROM organiser WHERE id IN (SELECT value FROM json_each(?))"
    return {row[0]: (row[1], row[2], row[3]) for row in tx.execute(query, (json.dumps(list(identifiers)),))}


def ask(tx: Connection, identifier: str, asked: str | None) -> None:
    """What an organiser's next message answers; None where it answers nothing."""
    tx.execute("UPDATE organiser SET asked = ? WHERE id = ?", (asked, identifier))


def forget_asked(tx: Connection, now: int) -> None:
    """Forgets what is not waited for any more, and what was written so far; `now` in seconds since 1970."""
    tx.execute("UPDATE organiser SET asked = NULL WHERE json_extract(asked, '$[1]') <= ?", (now,))


def of(tx: Connection, commune: int) -> list[tuple[str, str]]:
    """Id and language of a commune's organisers."""
    cursor = tx.execute("SELECT id, language FROM organiser WHERE commune = ?", (commune,))
    return [(row[0], row[1]) for row in cursor]


def drop_invites(tx: Connection) -> None:
    """Makes all one-time links that were not used worthless."""
    tx.execute("DELETE FROM invite")


def everybody(tx: Connection) -> list[tuple[str, int]]:
    """Id and commune of every organiser."""
    return [(row[0], row[1]) for row in tx.execute("SELECT id, commune FROM organiser ORDER BY id")]


def dismiss(tx: Connection, commune: int) -> int:
    """Shuts out all organisers of a commune and their open links; gives how many organisers there were."""
    must_wipe(tx)
    tombstones.bury(tx, Kind.ORGANISER, [identifier for identifier, _ in of(tx, commune)])
    tx.execute("DELETE FROM invite WHERE commune = ?", (commune,))
    tx.execute("DELETE FROM address WHERE owner IN (SELECT id FROM organiser WHERE commune = ?)", (commune,))
    cursor = tx.execute("DELETE FROM organiser WHERE commune = ?", (commune,))
    return cursor.rowcount


def remove(tx: Connection, identifiers: Iterable[str]) -> None:
    """Removes organisers and their addresses."""
    must_wipe(tx)
    rows = [(i,) for i in identifiers]
    tombstones.bury(tx, Kind.ORGANISER, [i for (i,) in rows])
    tx.executemany("DELETE FROM address WHERE owner = ?", rows)
    tx.executemany("DELETE FROM organiser WHERE id = ?", rows)
