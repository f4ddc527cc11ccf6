"""The core alone, killed many times a second: each acknowledged batch is wholly there, each other one or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import FULL, SEED
from launch import HERE, paths

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800 if FULL else 300)]
DAMAGE = ("lost", "doubled", "wrong", "torn")
KILLS, ANSWERS = (2000, 20_000) if FULL else (300, 3000)


def run(program: str, folder: Path, *numbers: int, mutant: str = "") -> dict[str, Any]:
    """What a program beside this file reports."""
    done = subprocess.run(
        [sys.executable, HERE / program, folder, *map(str, numbers)], env={**os.environ, **paths(), "MUTANT": mutant},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    print(mutant, done.stdout.strip())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_is_acknowledged_is_kept_and_each_batch_is_kept_whole_and_once(tmp_path: Path) -> None:
    found = run("core.py", tmp_path, SEED, KILLS, ANSWERS)
    assert {kind: found[kind] for kind in DAMAGE if found[kind]} == {}
    assert found["kills"] >= KILLS
    assert found["answers"] >= ANSWERS


@pytest.mark.parametrize(
    ("mutant", "kills", "damage"),
    [("no-uniqueness", 40, "doubled"), ("memory-first", 12, "lost"), ("stale-accepted", 12, "wrong")],
)
def test_the_damage_of_a_broken_core_is_reported(mutant: str, kills: int, damage: str, tmp_path: Path) -> None:
    found = run("core.py", tmp_path, SEED, kills, 300, mutant=mutant)
    assert found[damage]


def test_a_migration_that_is_killed_leaves_a_whole_version_and_the_same_rows(tmp_path: Path) -> None:
    found = run("migrating.py", tmp_path, SEED, 200 if FULL else 20)
    assert found["stayed"]
    assert found["went_on"]
