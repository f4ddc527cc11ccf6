"""Whether the process is well, and what happens when it is not: health pages, watchdog, outages of the store."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from typing import Any

import pytest
from aiohttp import ClientSession
from conftest import Chat, Clock, House

from bot.health import SILENT, Health, served
from bot.identity import hashed
from bot.settings import SettingsError, settings
from bot.telegram.calls import Calls
from bot.telegram.outcome import Outcome
from bot.telegram.run import Process
from bot.view import TOAST_LIMIT, View
from bot.watchdog import EXIT, STALLED, WIPING, stalled, watched
from bot.words import Plain, plain
from conversations.questionnaire import load
from conversations.store import organisers
from locales import languages

FULL = sqlite3.OperationalError("database or disk is full")


async def fetched(port: int, page: str) -> tuple[int, str]:
    async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/{page}") as answer:
        return answer.status, await answer.text()


# ---- health -----------------------------------------------------------------------------------------------------


async def test_health_is_told_on_this_machine_with_all_that_is_wrong(clock: Clock, unused_tcp_port: int) -> None:
    health = Health(clock)
    async with served(health, unused_tcp_port):
        assert await fetched(unused_tcp_port, "healthz") == (200, '{"well": true, "troubles": []}')
        clock.now += SILENT + 1
        health.outage = "OperationalError"
        status, body = await fetched(unused_tcp_port, "healthz")
        assert (status, json.loads(body)) == (503, {
            "well": False,
            "troubles": ["Telegram has not answered for 91 s", "nothing can be kept (OperationalError)"],
        })  # fmt: skip
        health.fetched()
        health.outage = None
        assert (await fetched(unused_tcp_port, "healthz"))[0] == 200


async def test_metrics_show_what_people_do_in_large_steps_only(clock: Clock, unused_tcp_port: int) -> None:
    health = Health(clock, counts=lambda: {"updates": 1_299, "sent": 99}, set_aside=3)
    clock.now += 7
    async with served(health, unused_tcp_port):
        status, text = await fetched(unused_tcp_port, "metrics")
    assert (status, text.splitlines()) == (200, [
        "# TYPE weltoffen_well gauge", "weltoffen_well 1",
        "# TYPE weltoffen_seconds_since_telegram gauge", "weltoffen_seconds_since_telegram 7",
        "# TYPE weltoffen_store_outage gauge", "weltoffen_store_outage 0",
        "# TYPE weltoffen_updates_set_aside_total counter", "weltoffen_updates_set_aside_total 3",
        "# HELP weltoffen_updates_total in steps of 100", "# TYPE weltoffen_updates_total counter",
        "weltoffen_updates_total 1200",
        "# HELP weltoffen_sent_total in steps of 100", "# TYPE weltoffen_sent_total counter", "weltoffen_sent_total 0",
    ])  # fmt: skip


async def test_without_a_port_nothing_is_served(clock: Clock) -> None:
    async with served(Health(clock), None):
        pass
    assert settings({}).health_port is None
    assert settings({"WELTOFFEN_HEALTH_PORT": "9100"}).health_port == 9100
    for wrong in ("0", "70000", "x", "²"):
        with pytest.raises(SettingsError, match=r"^WELTOFFEN_HEALTH_PORT must be a port from 1 to 65535$"):
            settings({"WELTOFFEN_HEALTH_PORT": wrong})


# ---- the watchdog -----------------------------------------------------------------------------------------------


def test_a_poller_counts_as_stalled_after_its_longest_wait_and_later_while_the_file_is_rebuilt(clock: Clock) -> None:
    health, began = Health(clock), clock.now
    found = []
    for seconds in (0, 40, STALLED, STALLED + 1, WIPING, WIPING + 1):
        clock.now = began + seconds
        found.append((stalled(health, False), stalled(health, True)))
    assert found == [(False, False)] * 3 + [(True, False)] * 2 + [(True, True)]
    assert STALLED + 1 < 60


def test_the_watchdog_ends_a_process_whose_event_loop_stands_still(clock: Clock) -> None:
    health, ended, code = Health(clock), threading.Event(), []

    def end(with_code: int) -> None:
        code.append(with_code)
        ended.set()

    async def blocked() -> None:
        clock.now += STALLED + 1
        ended.wait(10)  # on purpose: nothing else of the loop can run

    with watched(health, lambda: False, end, look=0.001):
        asyncio.run(blocked())
    assert code == [EXIT]


def test_the_watchdog_leaves_a_poller_alone_that_moves(clock: Clock) -> None:
    health, code = Health(clock), []
    with watched(health, lambda: False, code.append, look=0.001):
        for _ in range(20):
            clock.now += STALLED - 1
            health.beat()
    assert (code, [t.name for t in threading.enumerate() if t.name == "watchdog"]) == ([], [])


# ---- an outage of the store -------------------------------------------------------------------------------------


def test_the_request_for_patience_fits_into_the_answer_to_a_press() -> None:
    assert [code for code in languages() if len(plain(code, Plain.LATER).text) > TOAST_LIMIT] == []


class Broken:
    """A store whose disk is full for so many attempts to write."""

    def __init__(self, house: House) -> None:
        self.left, self.handle = 0, house.receiver.handle

    async def __call__(self, batch: Any, shown: Any = ()) -> Outcome:
        if self.left:
            self.left -= 1
            raise FULL
        return await self.handle(batch, shown)


@pytest.fixture
async def process(house: House, monkeypatch: pytest.MonkeyPatch) -> Process:
    """A process that calls nobody: what would be said stands in `said`."""
    found = Process(Calls("4242:" + "x" * 36, "http://127.0.0.1:9"), house.store, house.key, load(), house.clock)
    house.receiver = found.receiver
    monkeypatch.setattr(found.courier, "say", lambda word: said.append((word.chat, word.view)))
    monkeypatch.setattr(found.courier, "answer", lambda word: said.append((word.chat, word.view, word.callback)))
    monkeypatch.setattr(found.courier, "show", lambda due: None)
    said.clear()
    return found


said: list[tuple[Any, ...]] = []


async def organiser(house: House, user: int) -> Chat:
    chat = house.chat(user, "en")
    await house.store.write(lambda tx: organisers.invite(tx, hashed("abc"), 1, 2**40))
    await chat.write("/start org-abc")
    return chat


async def test_while_nothing_can_be_kept_everybody_is_told_once_and_nothing_is_lost(
    house: House, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await organiser(house, 71)
    writer, presser = await house.guests(2)
    stranger = house.chat(99, "ar")
    waiting: list[dict[str, Any]] = [writer.writes("2"), presser.presses(presser.data("nein"))]

    async def call(method: str, *, offset: int, **_: Any) -> list[dict[str, Any]]:
        return [raw for raw in waiting if raw["update_id"] >= offset]

    monkeypatch.setattr(process.calls, "call", call)
    broken = Broken(house)
    monkeypatch.setattr(process.receiver, "handle", broken)
    broken.left = 4
    turn = process.poller.turn
    await turn()
    assert said == []  # a lock is often gone at the second attempt
    await turn()
    later = plain("de", Plain.LATER)
    callback = waiting[1]["callback_query"]["id"]
    alarm = (71, plain("en", Plain.ALARM))
    assert said == [alarm, (writer.user, later), (presser.user, View(later.text, alert=True), callback)]
    assert process.health.troubles() == ["nothing can be kept (OperationalError)"]
    said.clear()
    waiting.append(stranger.writes("Guten Tag"))
    await turn()
    await turn()
    assert said == [(99, plain("ar", Plain.LATER))]
    said.clear()
    await turn()
    assert ((await writer.kept()).answers, (await presser.kept()).answers) == ({"1.1": "rather-yes"}, {"1.1": "no"})
    assert said[-1] == (71, plain("en", Plain.WELL_AGAIN)) and later not in [word[1] for word in said]
    assert (process.health.troubles(), process.poller.offset) == ([], waiting[-1]["update_id"] + 1)
    broken.left, last = 2, len(said)
    waiting.append(writer.writes("1"))
    await turn()
    await turn()
    assert said[last:] == [alarm, (writer.user, later)]  # another outage is told anew


async def test_in_an_outage_in_which_the_store_cannot_even_be_read_people_are_told_in_their_app_s_language(
    house: House, process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chat = house.chat(99, "en")

    async def unreadable(unit: object) -> None:
        raise sqlite3.DatabaseError("malformed")

    monkeypatch.setattr(house.store, "read", unreadable)
    for _ in range(2):
        await process.outage.failed([chat.writes("hello")], FULL)
    assert said == [(99, plain("en", Plain.LATER))]
    assert "organisers cannot be told (DatabaseError)" in caplog.text
