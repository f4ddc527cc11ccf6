"""The same harness, run on bots broken on purpose, reports the damage: without that its zeros would prove nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from crowd import Habits, Kind
from harness import EVERYBODY, Run, damage
from launch import Launcher

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
HABITS = Habits(types=0.5, stale=0.3)
PEOPLE = {**EVERYBODY, Kind.ONCE: 10}


@dataclass(frozen=True)
class Trial:
    """How a mutant is tried, and the kinds of damage of which one at least must be reported."""

    mutant: str
    kills: tuple[str, ...]
    reports: frozenset[str]
    weather: str = "calm"


TRIALS = (
    Trial("ack-before-commit", ("", "before-commit:20") * 3, frozenset({"lost"})),
    Trial("memory-first", ("",) * 5, frozenset({"lost"})),
    Trial("no-uniqueness", ("after-commit:9", "after-commit:17") * 3, frozenset({"doubled", "wrong"})),
    Trial("stale-accepted", ("",), frozenset({"wrong"})),
    Trial("impatient", ("",) * 3, frozenset({"unexplained"}), "losses"),
    Trial("screens-forgotten", ("",) * 3, frozenset({"unexplained"})),
    Trial("log-filter-off", ("",), frozenset({"leaked"})),
)


SOUND = Trial("", ("", "after-commit:5", "", "before-commit:5"), frozenset(), "losses")


async def test_the_damage_of_bots_broken_on_purpose_is_reported_and_of_a_sound_one_none(tmp_path: Path) -> None:
    async with Launcher() as launcher:

        async def reported(trial: Trial) -> Run:
            return await damage(
                tmp_path / (trial.mutant or "sound"), kills=trial.kills, at_once=40, mutant=trial.mutant, kinds=PEOPLE,
                weather=[trial.weather], habits=HABITS, silence=8.0, warm=160, launcher=launcher,
            )  # fmt: skip

        found = await asyncio.gather(*(reported(trial) for trial in (*TRIALS, SOUND)))
    for trial, report in zip((*TRIALS, SOUND), found, strict=True):
        print(trial.mutant or "sound", report.line)
    assert found[-1].damage == {}
    missed = [t.mutant for t, report in zip(TRIALS, found, strict=False) if not report.damage.keys() & t.reports]
    assert missed == []
