"""The process between Telegram and the receiver: what is kept, acknowledged and set aside, whatever goes wrong."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from conftest import House

from bot.telegram.outcome import Outcome
from bot.telegram.run import Process, make_bot

BATCH = [{"update_id": number} for number in (7, 8, 9)]


@pytest.fixture
def process(house: House) -> Process:
    bot, request = make_bot("4242:" + "secret" * 6, "http://127.0.0.1:9")
    return Process(bot, request, house.store, house.key, {}, house.clock, step_seconds=900)


def failing(process: Process, monkeypatch: pytest.MonkeyPatch, culprit: int, *errors: Exception) -> list[list[int]]:
    """Makes the receiver raise these errors, one a time, at batches with the culprit; gives the batches it kept."""
    kept, left = [], list(errors)

    async def handle(batch: Sequence[dict[str, Any]], shown: object = ()) -> Outcome:
        ids = [raw["update_id"] for raw in batch]
        if culprit in ids and left:
            raise left.pop(0)
        kept.append(ids)
        return Outcome()

    monkeypatch.setattr(process.receiver, "handle", handle)
    return kept


@pytest.mark.parametrize("mistake", [sqlite3.IntegrityError("UNIQUE"), KeyError("x")], ids=lambda e: type(e).__name__)
async def test_a_mistake_of_ours_costs_one_update_and_no_other(
    house: House, process: Process, monkeypatch: pytest.MonkeyPatch, mistake: Exception
) -> None:
    kept = failing(process, monkeypatch, 8, mistake, mistake)
    await process._keep(BATCH)
    assert (kept, process._offset) == ([[7], [9]], 10)
    assert await house.rows("SELECT id, error FROM trouble") == [(8, type(mistake).__name__)]


async def test_a_database_that_cannot_be_written_is_waited_for(
    house: House, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    monkeypatch.setattr("bot.telegram.run.asyncio.sleep", lambda _: _soon())
    kept = failing(process, monkeypatch, 8, full, full, full)
    await process._keep(BATCH)
    assert (kept, process._offset) == ([[7, 8, 9]], 10)
    assert await house.rows("SELECT id, error FROM trouble") == []


async def _soon() -> None:
    return None


def test_steps_are_taken_at_full_quarter_hours(process: Process) -> None:
    assert [process._next_step(now) for now in (0.0, 1.0, 899.9, 900.0)] == [900.0, 900.0, 900.0, 1800.0]
