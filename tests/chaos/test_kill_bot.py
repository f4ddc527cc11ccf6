"""The real bot under kills at named points and random times, in foul weather, loses, doubles and mixes up nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from harness import FULL, SEED, damage
from points import OF_CALLS, OF_COMMITS, OF_DELETIONS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800 if FULL else 300)]


def plan(number: int, dice: Random) -> list[str]:
    """So many kills: every named point at least once, half of the rest at random times."""
    points = [*OF_CALLS, *OF_COMMITS, *OF_COMMITS, *OF_DELETIONS]
    found = [f"{point}:{1 if point in OF_DELETIONS else dice.randint(1, 12)}" for point in points]
    while len(found) < number:
        found.append(dice.choice(("", f"{dice.choice(points)}:{dice.randint(1, 40)}")))
    dice.shuffle(found)
    return found


async def test_whatever_is_killed_when_every_answer_is_kept_once(tmp_path: Path) -> None:
    kills = plan(300 if FULL else 40, Random(f"{SEED}/plan"))
    report = await damage(tmp_path, kills=kills, at_once=80)
    print(report.line)
    assert report.damage == {}
    assert report.kills >= len(kills)
