"""From stored answers to an evaluation: weltoffen's own way, and a plain GROUP BY over the same rows.

    uv run python bench/evaluation.py --people 294118      # 10 million answers

Both must come to the same counts. Prints one JSON line; times in milliseconds, each the median of some repetitions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import ours

PLAIN = (
    "SELECT question, value, count(*) FROM answer JOIN conversation USING (respondent) "
    "WHERE survey = ? AND voice = ? AND handed_in = 1 GROUP BY question, value"
)
Counts = dict[str, dict[str, int]]


def plain(where: ours.Installation) -> tuple[float, Counts]:
    """Milliseconds of a GROUP BY, and what it counted."""
    with closing(sqlite3.connect(where.database)) as database:
        began = time.perf_counter()
        rows = database.execute(PLAIN, (where.survey, ours.VOICE)).fetchall()
        took = 1000 * (time.perf_counter() - began)
    found: Counts = {}
    for question, value, number in rows:
        found.setdefault(question, {})[value] = number
    return took, found


async def own(where: ours.Installation, times: int) -> tuple[list[float], Counts]:
    """Milliseconds of weltoffen's way from the rows to the evaluation, and the counts it took."""
    from conversations.questionnaire import Voice, load
    from conversations.store import figures, open_store
    from reports.evaluation import evaluate

    questionnaire, voice = load()["kurzform-1"], Voice(ours.VOICE)
    store = await open_store(where.database)
    took, counts = [], {}
    try:
        people = (await store.read(lambda tx: figures.turnout(tx, where.survey)))[voice].handed_in
        for _ in range(times):
            began = time.perf_counter()
            counts = await store.read(lambda tx: figures.tally(tx, where.survey, voice))
            evaluate(questionnaire, counts, people)
            took.append(1000 * (time.perf_counter() - began))
    finally:
        await store.close()
    return took, {question: dict(values) for question, values in counts.items()}


def kept_tally(database: Path) -> bool:
    """Whether the schema has a table `tally` that is kept."""
    with closing(sqlite3.connect(database)) as opened:
        found = opened.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'tally'").fetchone()
    return bool(found[0])


def measured(people: int, own_times: int = 9, plain_times: int = 2) -> dict[str, Any]:
    """Both ways over the answers of so many people. Raises AssertionError where they do not count the same."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        where = ours.installed(Path(name))
        began = time.perf_counter()
        answers = ours.fill_answers(where, people)
        filled = time.perf_counter() - began
        first, counted = plain(where)
        plains = [first] + [plain(where)[0] for _ in range(plain_times - 1)]
        owns, counts = asyncio.run(own(where, own_times))
        if {q: {v: n for v, n in values.items() if n} for q, values in counts.items()} != counted:
            raise AssertionError("the evaluation's counts are not those of the rows")
        return {
            "answers": answers, "own_ms": round(statistics.median(owns), 3),
            "plain_ms": round(statistics.median(plains), 3), "owns_ms": owns, "plains_ms": plains,
            "tally_kept": kept_tally(where.database), "filled_s": round(filled, 1), "size": ours.size(where.database),
        }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=29_412)
    print(json.dumps(measured(parser.parse_args().people)))
