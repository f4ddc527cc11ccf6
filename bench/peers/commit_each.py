"""The floor with a commit per answer: what a disk that takes its time costs whoever does not write in groups."""

from __future__ import annotations

import sqlite3

from asked import INSERT
from floor import main


def each(database: sqlite3.Connection, rows: list[tuple[int, str, str]]) -> None:
    """Every answer in a commit of its own."""
    for row in rows:
        database.execute("BEGIN IMMEDIATE")
        database.execute(INSERT, row)
        database.execute("COMMIT")


if __name__ == "__main__":
    main(each)
