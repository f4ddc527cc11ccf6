"""Kills a command at each of its steps in turn: before every change of the disk, and around every commit.

Run as a program it forks one child per step, each in a folder of its own, until one comes to its end. Forking is quick;
importing everything anew for each step would not be.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CALLS = ("open", "replace", "rename", "unlink", "fsync", "mkdir")
STATEMENTS = ("COMMIT", "VACUUM", "PRAGMA wal_checkpoint", "PRAGMA journal_mode = DELETE")


def killed(template: Path, folder: Path, *words: str) -> list[Path]:
    """Folders as a command leaves them that is killed at its first step, its second, …; the last one is not killed.

    Each begins as a copy of `template`; `{}` in the words stands for its path.
    """
    folder.mkdir()
    command = [sys.executable, __file__, str(template), str(folder), *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return sorted(folder.iterdir())


class Steps:
    """Counts steps, and kills this process before the wanted one."""

    def __init__(self, wanted: int) -> None:
        """`wanted` counts from 1."""
        self.wanted, self.passed = wanted, 0

    def step(self) -> None:
        """One is about to be taken, or was just taken."""
        self.passed += 1
        if self.passed == self.wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with a step before it."""

        def stepped(*values: Any, **named: Any) -> Any:
            self.step()
            return call(*values, **named)

        return stepped

    def install(self) -> None:
        """From now on everything that changes the disk is a step."""
        for name in CALLS:
            setattr(os, name, self.before(getattr(os, name)))
        steps, connect = self, sqlite3.connect

        class Watched(sqlite3.Connection):
            """A connection with a step before and after whatever changes the file."""

            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                watched = sql.startswith(STATEMENTS)
                if watched:
                    steps.step()
                found = super().execute(sql, *values)
                if watched:
                    steps.step()
                return found

            def backup(self, *values: Any, **named: Any) -> None:
                steps.step()
                super().backup(*values, **named)
                steps.step()

        sqlite3.connect = lambda *v, **n: connect(*v, **{"factory": Watched, **n})  # type: ignore[assignment]


def main(template: Path, folder: Path, *words: str) -> None:
    """Forks children until one is not killed."""
    from bot.cli import COMMANDS, main
    from bot.cli.common import questionnaires

    questionnaires()
    main.get_command(None, words[0])  # type: ignore[arg-type]  # imports what it needs
    assert words[0] in COMMANDS
    for number in range(1, 1000):
        here = folder / f"{number:03}"
        shutil.copytree(template, here)
        os.environ |= {"WELTOFFEN_DATABASE": str(here / "w.db"), "WELTOFFEN_KEY_FILE": str(here / "w.key")}
        child = os.fork()
        if child == 0:
            Steps(number).install()
            main([w.replace("{}", str(here)) for w in words], standalone_mode=True)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
