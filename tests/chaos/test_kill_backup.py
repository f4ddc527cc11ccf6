"""Backups made while people answer, and killed on the way: what counts as one is whole, and nothing else counts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random

import pytest
from crowd import Crowd, Kind
from harness import CODE, FULL, SEED, Run, house, judge, questions, settled
from points import OF_COPIES

backups = pytest.importorskip("bot.backup")
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600 if FULL else 120)]


async def test_a_backup_that_was_killed_never_counts_and_one_that_counts_is_whole(tmp_path: Path) -> None:
    dice, report, folder = Random(f"{SEED}/backup"), Run(SEED), tmp_path / "backups"
    points = [*OF_COPIES, "", *(f"statement:{dice.randint(1, 150)}" for _ in range(60 if FULL else 8)), ""]
    killed = 0
    async with house(tmp_path / "house") as home:
        crowd = Crowd(home.standin, CODE, questions(), SEED, kinds={Kind.STEADY: 4, Kind.DELETES: 1})
        coming = asyncio.create_task(crowd.keep_coming(40))
        await home.begin()
        await asyncio.sleep(3.0)
        for point in points:
            there = set(folder.glob("*.db"))
            environment = {**home.environment, "CHAOS_CALLS": "", "CHAOS_KILL": point}
            backup = await home.launcher.start(["backup", str(folder)], environment, tmp_path / "backup.txt")
            died = await backup.ended != 0
            killed += died
            new = set(folder.glob("*.db")) - there
            assert len(new) <= 1
            if point in OF_COPIES:
                assert died, f"{point} was not passed"
                assert not new, f"killed at {point}, and it counts"
            for file in new:
                backups.verified(file)
        crowd.open = False
        await settled(home, crowd, 15.0, coming)
        crowd.go_home()
        await coming
        assert home.bot is not None
        assert await home.bot.end() == 0
        await judge(home, crowd, report)
    for file in folder.glob("weltoffen-*.db"):
        backups.verified(file)
    whole = len(list(folder.glob("weltoffen-*.db")))
    print(json.dumps({"backups_killed": killed, "backups_whole": whole}), report.line)
    assert report.damage == {}
    assert killed
    assert whole
