"""Organisers: one-time links, and who may ask for a commune's digest in the chat."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aiosqlite import Connection


async def invite(tx: Connection, hashed: str, commune: int, until: int) -> None:
    """Keeps a one-time link by its hash; `until` in seconds since 1970."""
    await tx.execute("INSERT INTO invite (hash, commune, until) VALUES (?, ?, ?)", (hashed, commune, until))


async def redeem(tx: Connection, hashed: str, now: int) -> int | None:
    """The commune of a one-time link that is still good; it is used up by this."""
    async with tx.execute("SELECT commune FROM invite WHERE hash = ? AND until > ?", (hashed, now)) as cursor:
        row = await cursor.fetchone()
    await tx.execute("DELETE FROM invite WHERE hash = ?", (hashed,))
    return int(row[0]) if row else None


async def add(tx: Connection, identifier: str, commune: int, language: str) -> None:
    """Lets somebody in as an organiser of a commune."""
    await tx.execute(
        "INSERT INTO organiser (id, commune, language) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (identifier, commune, language),
    )


async def communes(tx: Connection) -> list[int]:
    """The communes that have organisers."""
    async with tx.execute("SELECT DISTINCT commune FROM organiser") as cursor:
        return [row[0] async for row in cursor]


async def known(tx: Connection, identifiers: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Commune and language of those of these ids that are organisers."""
    query = "SELECT id, commune, language FROM organiser WHERE id IN (SELECT value FROM json_each(?))"
    async with tx.execute(query, (json.dumps(list(identifiers)),)) as cursor:
        return {row[0]: (row[1], row[2]) async for row in cursor}


async def of(tx: Connection, commune: int) -> list[tuple[str, str]]:
    """Id and language of a commune's organisers."""
    async with tx.execute("SELECT id, language FROM organiser WHERE commune = ?", (commune,)) as cursor:
        return [(row[0], row[1]) async for row in cursor]


async def dismiss(tx: Connection, commune: int) -> int:
    """Shuts out all organisers of a commune and their open links; gives how many organisers there were."""
    await tx.execute("DELETE FROM invite WHERE commune = ?", (commune,))
    await tx.execute("DELETE FROM address WHERE owner IN (SELECT id FROM organiser WHERE commune = ?)", (commune,))
    cursor = await tx.execute("DELETE FROM organiser WHERE commune = ?", (commune,))
    return cursor.rowcount


async def remove(tx: Connection, identifiers: Iterable[str]) -> None:
    """Removes organisers and their addresses."""
    rows = [(i,) for i in identifiers]
    await tx.executemany("DELETE FROM address WHERE owner = ?", rows)
    await tx.executemany("DELETE FROM organiser WHERE id = ?", rows)
