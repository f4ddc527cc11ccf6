"""Trouble with one chat is that chat's alone: a 429 there delays nobody else, and whoever has blocked is parked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from crowd import Crowd, Habits, Kind, Person, shown
from harness import CODE, FULL, SEED, House, Run, house, judge, questions, settled

from bot.standin.faults import Fault
from bot.standin.faults import Kind as Trouble

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900 if FULL else 200)]
PHASES, SECONDS, RETRY_AFTER = (6, 30.0, (1, 20, 60)) if FULL else (4, 5.0, (1, 3, 6))
QUICK = Habits(types=0.2, stale=0.0, pace=(0.0, 0.3))


def p95(waits: list[float]) -> float:
    """The time within which 95 of 100 were served."""
    return sorted(waits)[int(0.95 * (len(waits) - 1))]


async def test_a_chat_that_telegram_slows_down_slows_no_other_down(tmp_path: Path) -> None:
    trouble = [Fault(Trouble.TOO_MANY, "*", rate=0.1, retry_after=seconds) for seconds in RETRY_AFTER]
    waits: dict[bool, list[float]] = {True: [], False: []}
    async with house(tmp_path) as home:
        crowd = Crowd(home.standin, CODE, questions(), SEED, kinds={Kind.STEADY: 3, Kind.RETURNS: 1}, habits=QUICK)
        victim = crowd.come(Kind.IMPATIENT)
        unlucky = asyncio.create_task(victim.live())
        coming = asyncio.create_task(crowd.keep_coming(25))
        await home.begin()
        await asyncio.sleep(3.0)
        for phase in range(PHASES):
            with_trouble, begun = bool(phase % 2), time.monotonic()
            rules = [Fault(f.kind, f.method, (victim.user,), f.rate, retry_after=f.retry_after) for f in trouble]
            home.standin.faults.set(rules if with_trouble else [], SEED + phase)
            await asyncio.sleep(SECONDS)
            waits[with_trouble] += _waits(crowd, victim, begun, time.monotonic())
        home.standin.faults.set([])
        crowd.open = False
        await settled(home, crowd, max(RETRY_AFTER) + 15.0, coming)
        crowd.go_home()
        await asyncio.gather(coming, unlucky)
        assert home.bot is not None
        assert await home.bot.end() == 0
        report = Run(SEED)
        await judge(home, crowd, report)
        hit = sum(chat == victim.user for _, _, _, chat in home.struck)
    without, with_ = p95(waits[False]), p95(waits[True])
    figures = {
        "answers": [len(waits[False]), len(waits[True])],
        "p95": [round(without, 3), round(with_, 3)],
        "hit": hit,
    }
    print(json.dumps(figures), report.line)
    assert report.damage == {}
    assert hit > 0
    assert min(map(len, waits.values())) > 50
    assert with_ - without < 1.0


def _waits(crowd: Crowd, victim: Person, begun: float, ended: float) -> Iterator[float]:
    """How long everybody but the victim waited for the next question, as far as that fell in a phase."""
    for person in crowd.people:
        if person is not victim:
            yield from (wait for since, wait in person.waits if begun <= since and since + wait <= ended)


async def test_who_blocks_the_bot_is_parked_and_counted_in_steps_and_comes_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        crowd = Crowd(home.standin, CODE, questions(), SEED, kinds={Kind.ONCE: 1}, habits=QUICK)
        some = [crowd.come(Kind.ONCE) for _ in range(7)]
        await home.begin()
        await asyncio.gather(*(person.live() for person in some))
        for person in some[:4]:
            home.standin.people.block(person.user)
        assert await _blocked(home) is None  # four of at least five: nothing is said
        for person in some[4:6]:  # the answer is on its way to them
            now = shown(person.chat)
            assert now is not None
            home.standin.people.press(person.user, now.message, now.buttons["r"][0])
            home.standin.people.block(person.user)
        while await home.pending():
            await asyncio.sleep(0.05)
        assert await _blocked(home) == 5  # six, in steps of five
        begun, gone = time.time(), {person.user for person in some[:6]}
        for _ in range(2):
            await home.kill("", crowd, 0)
            await home.begin()
            await asyncio.sleep(2.0)
        tried = [call for call in home.standin.api.calls if call.chat in gone and call.at > begun]
        back = some[0]
        home.standin.people.start(back.user, CODE)
        while (now := shown(back.chat)) is None or now.question != "1.2" or now.message < max(back.chat.messages) - 1:
            await asyncio.sleep(0.05)
        home.standin.people.press(back.user, now.message, now.buttons["r"][0])
        while (now := shown(back.chat)) is None or now.question != "1.3":
            await asyncio.sleep(0.05)
        counted = await _blocked(home)
        assert home.bot is not None
        assert await home.bot.end() == 0
    print(json.dumps({"seed": SEED, "blocked": len(gone), "calls_to_them": len(tried), "counted_then": counted}))
    assert tried == []
    assert counted == 5  # five are left


async def _blocked(home: House) -> int | None:
    """What the command says of those who have blocked the bot."""
    output = home.folder / f"status-{time.monotonic_ns()}.json"
    args = ["survey", "status", "survey", "--format", "json"]
    status = await home.launcher.start(args, {**home.environment, "CHAOS_CALLS": "", "MUTANT": ""}, output)
    assert await status.ended == 0, output.read_text()
    found: int | None = json.loads(output.read_text())["blocked"]
    return found
