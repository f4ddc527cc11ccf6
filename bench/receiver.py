"""How many answers a second are kept where nobody has to be told: the receiver alone, and a commit per answer alone.

    uv run python bench/receiver.py --seconds 5            # weltoffen's receiver, batches of 100
    uv run python bench/receiver.py --seconds 5 --each     # one INSERT and one COMMIT per answer, nothing else

Both read the same presses. With LD_PRELOAD=slowsync.so (bench/slowsync.c) it is the disk that sets the pace.
Prints {"answers": …, "seconds": …, "stored": …}.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ours
from load import FIRST_USER

PEOPLE = 3000
BATCH = 100


def presses(survey: str, questions: list[str]) -> Iterator[list[dict[str, Any]]]:
    """Batches of raw updates: everybody answers the first question, then everybody the second, and so on."""
    number = 100_000_000
    for place, question in enumerate(questions, 1):
        for start in range(0, PEOPLE, BATCH):
            batch = []
            for user in range(FIRST_USER + start, FIRST_USER + start + BATCH):
                number += 1
                person = {"id": user, "is_bot": False, "first_name": f"P{user}", "language_code": "de"}
                chat = {"id": user, "first_name": f"P{user}", "type": "private"}
                message = {"message_id": ours.MESSAGE, "chat": chat, "date": 1_767_225_600, "text": "…"}
                data = f"{survey}:1:r:{question}:{place}:{1 + number % 5}"
                query = {"id": str(number), "from": person, "message": message, "chat_instance": "1", "data": data}
                batch.append({"update_id": number, "callback_query": query})
            yield batch


async def receiver(where: ours.Installation, seconds: float) -> tuple[int, float]:
    """Answers kept by weltoffen's receiver, and the seconds it took."""
    from bot.identity import read_key
    from bot.telegram.receive import Receiver
    from conversations.questionnaire import load
    from conversations.store import open_store

    questionnaires = load()
    now = time.time()
    store = await open_store(where.database)
    try:
        receiving = Receiver(store, read_key(where.folder / "w.key"), questionnaires, lambda: now)
        kept, began, end = 0, 0.0, 0.0
        for batch in presses(where.survey, [q.id for q in questionnaires["kurzform-1"].questions if q.rating]):
            if kept == BATCH:  # the first one warms up
                began = time.perf_counter()
                end = began + seconds
            await receiving.handle(batch)
            now += 1  # so that nothing is a double tap
            kept += len(batch)
            if end and time.perf_counter() > end:
                break
        return kept - BATCH, time.perf_counter() - began
    finally:
        await store.close()


def each(where: ours.Installation, seconds: float) -> tuple[int, float]:
    """Answers kept with a commit for each, and the seconds it took."""
    with sqlite3.connect(where.folder / "each.db", isolation_level=None) as database:
        for sql in (
            "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
            "CREATE TABLE answer (respondent INTEGER, question TEXT, value TEXT, PRIMARY KEY (respondent, question))",
        ):  # fmt: skip
            database.execute(sql)
        began, kept = time.perf_counter(), 0
        for batch in presses(where.survey, [str(n) for n in range(34)]):
            for raw in batch:
                query = raw["callback_query"]
                _, _, _, question, _, value = query["data"].split(":")
                row = (query["from"]["id"], question, value)
                database.execute("BEGIN IMMEDIATE")
                database.execute("INSERT INTO answer (respondent, question, value) VALUES (?, ?, ?)", row)
                database.execute("COMMIT")
                kept += 1
                if time.perf_counter() > began + seconds:
                    return kept, time.perf_counter() - began
    return kept, time.perf_counter() - began


def main(seconds: float, one_by_one: bool) -> dict[str, float]:
    """Runs one of the two in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        where = ours.installed(Path(name))
        if one_by_one:
            kept, took = each(where, seconds)
            stored, all_kept = ours.stored(where.folder / "each.db"), kept
        else:
            ours.fill(where, PEOPLE)
            kept, took = asyncio.run(receiver(where, seconds))
            stored, all_kept = ours.stored(where.database), kept + BATCH
        rows = sum(stored["values"].values())
        if rows != all_kept:
            raise AssertionError(f"{all_kept} answers were kept, {rows} are stored")
        return {"answers": kept, "seconds": took, "stored": rows}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--each", action="store_true")
    given = parser.parse_args()
    print(json.dumps(main(given.seconds, given.each)))
