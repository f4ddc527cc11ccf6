"""The process between Telegram and the receiver: what is kept, acknowledged and set aside, whatever goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest
from conftest import House

from bot.cli.run import _code as ended
from bot.telegram.calls import CallError, Calls, Conflict, NetworkError, RetryAfter
from bot.telegram.outcome import Outcome
from bot.telegram.poll import LONGEST_PAUSE, Poller
from bot.telegram.run import Process
from locales import LanguageError

BATCH = [{"update_id": number} for number in (7, 8, 9)]
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture
def process(house: House) -> Process:
    calls = Calls("4242:" + "secret" * 6, "http://127.0.0.1:9")
    return Process(calls, house.store, house.key, {}, house.clock, step_seconds=900)


@pytest.fixture
def poller(process: Process, monkeypatch: pytest.MonkeyPatch) -> Poller:
    """A poller to whom Telegram hands out what is not acknowledged yet."""

    async def call(method: str, *, offset: int, **_: Any) -> list[dict[str, Any]]:
        assert method == "getUpdates"
        return [raw for raw in BATCH if raw["update_id"] >= offset]

    monkeypatch.setattr(process.calls, "call", call)
    return process.poller


def failing(poller: Poller, monkeypatch: pytest.MonkeyPatch, culprit: int, *errors: Exception) -> list[list[int]]:
    """Makes the receiver raise these errors, one a time, at batches with the culprit; gives the batches it kept."""
    kept, left = [], list(errors)

    async def handle(batch: Sequence[dict[str, Any]], shown: object = ()) -> Outcome:
        ids = [raw["update_id"] for raw in batch]
        if culprit in ids and left:
            raise left.pop(0)
        kept.append(ids)
        return Outcome()

    monkeypatch.setattr(poller.receiver, "handle", handle)
    return kept


@pytest.mark.parametrize("mistake", [sqlite3.IntegrityError("UNIQUE"), KeyError("x")], ids=lambda e: type(e).__name__)
async def test_a_mistake_of_ours_costs_one_update_and_no_other(
    house: House, poller: Poller, monkeypatch: pytest.MonkeyPatch, mistake: Exception
) -> None:
    kept = failing(poller, monkeypatch, 8, mistake, mistake)
    await poller.turn()
    assert (kept, poller.offset, poller.health.set_aside) == ([[7], [9]], 10, 1)
    assert await house.rows("SELECT id, error FROM trouble") == [(8, type(mistake).__name__)]


async def test_a_database_that_cannot_be_written_is_waited_for_and_nothing_is_acknowledged(
    house: House, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = failing(poller, monkeypatch, 8, *[FULL] * 9)
    seen = []
    for _ in range(10):
        await poller.turn()
        seen.append((poller.offset, round(poller._pause, 1), poller.health.outage))
    outage = "OperationalError"
    assert seen == [
        (0, 0.2, None), (0, 0.4, outage), (0, 0.8, outage), (0, 1.6, outage), (0, 3.2, outage), (0, 6.4, outage),
        (0, LONGEST_PAUSE, outage), (0, LONGEST_PAUSE, outage), (0, LONGEST_PAUSE, outage), (10, 0.0, None),
    ]  # fmt: skip
    assert (kept, await house.rows("SELECT id, error FROM trouble")) == ([[7, 8, 9]], [])


@pytest.mark.parametrize(
    ("error", "pause"), [(NetworkError("x"), 0.2), (RetryAfter(17), 17.0), (Conflict("x"), 3.0)],
    ids=lambda e: type(e).__name__,
)  # fmt: skip
async def test_a_fetch_that_fails_is_tried_again_after_a_pause(
    poller: Poller, monkeypatch: pytest.MonkeyPatch, error: CallError, pause: float
) -> None:
    async def call(*_: object, **__: object) -> None:
        raise error

    kept = failing(poller, monkeypatch, 8)
    with monkeypatch.context() as broken:
        broken.setattr(poller.calls, "call", call)
        await poller.turn()
    assert (kept, poller.offset, poller._pause) == ([], 0, pause)
    await poller.turn()
    assert (kept, poller.offset, poller._pause) == ([[7, 8, 9]], 10, 0.0)


def test_steps_are_taken_at_full_quarter_hours(process: Process) -> None:
    assert [process._next_step(now) for now in (0.0, 1.0, 899.9, 900.0)] == [900.0, 900.0, 900.0, 1800.0]


async def test_a_poller_that_telegram_wants_to_wait_does_not_count_as_stalled(
    poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, now = [], [0.0]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("bot.telegram.poll.asyncio.sleep", sleep)
    monkeypatch.setattr(poller.health, "clock", lambda: now[0])
    await poller._rest(61.0)
    assert (slept, poller.health.beaten) == ([*[10.0] * 6, 1.0], 61.0)


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyError("Kanarie"), 70), (sqlite3.OperationalError("Kanarie"), 75), (OSError(28, "Kanarie"), 75)],
    ids=lambda e: type(e).__name__,
)
def test_an_end_that_nobody_foresaw_tells_the_supervisor_what_to_do_and_no_content(
    error: Exception, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert ended(ExceptionGroup("unhandled errors in a TaskGroup", [error])) == code
    assert (f"the bot ends ({type(error).__name__} at " in caplog.text, "Kanarie" in caplog.text) == (True, False)


@pytest.mark.parametrize("waiting", [[], BATCH], ids=["quiet", "somebody waits"])
async def test_a_broken_catalogue_ends_the_start_before_anything_is_handled(
    process: Process, monkeypatch: pytest.MonkeyPatch, waiting: list[dict[str, Any]]
) -> None:
    async def call(method: str, **_: Any) -> Any:
        if method == "getUpdates" and not waiting:
            await asyncio.Event().wait()
        return {"getUpdates": waiting, "getMe": {}}[method]

    def words() -> None:
        raise LanguageError("ar/messages.po: broken")

    monkeypatch.setattr(process.calls, "call", call)
    monkeypatch.setattr("bot.telegram.poll.typed_words", words)
    monkeypatch.setattr("bot.telegram.run.typed_words", words)
    with pytest.raises(LanguageError, match=r"^ar/messages\.po: broken$"):
        await process.run()
    assert (process.poller.offset, process.receiver.handled) == (0, 0)


async def test_an_outage_ends_by_itself_where_the_updates_that_were_stuck_have_run_out(
    house: House, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(poller, monkeypatch, 8, FULL, FULL)
    await poller.turn()
    await poller.turn()
    assert poller.health.outage == "OperationalError"

    async def nothing(*_: object, **__: object) -> list[object]:
        return []

    monkeypatch.setattr(poller.calls, "call", nothing)
    write = house.store.write
    with monkeypatch.context() as full:

        async def refuse(_: object) -> None:
            raise FULL

        full.setattr(house.store, "write", refuse)
        await poller.turn()
        assert poller.health.outage == "OperationalError", "the disk is still full"
    assert house.store.write == write
    await poller.turn()
    assert poller.health.outage is None
