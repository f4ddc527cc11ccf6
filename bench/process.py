"""A process under test: started, watched in /proc, ended. Knows nothing of bots."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

TICK = os.sysconf("SC_CLK_TCK")
PAGE = resource.getpagesize()
PATIENCE = 15.0  # seconds for an orderly end


class Process:
    """A command in a process of its own; what it says goes to a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> None:
        """Starts it in `folder`."""
        self.log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=folder)
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def cpu(self) -> float:
        """Seconds of CPU (user and system) of it and of its children so far."""
        return sum(_cpu(pid) for pid in self._family())

    def rss(self) -> int:
        """Bytes of memory that it holds now."""
        fields = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._family())
        return PAGE * sum(fields)

    def peak(self) -> int:
        """Bytes of memory that it has held at most, since the last call of `forget_peak`."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return 1024 * int(line.split()[1])
        return 0

    def forget_peak(self) -> None:
        """Counts the peak anew from here."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _family(self) -> list[int]:
        found, left = [], [self.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            for file in Path(f"/proc/{pid}/task").glob("*/children"):
                left += [int(child) for child in file.read_text().split()]
        return found

    def end(self) -> None:
        """SIGTERM, and where that does not help SIGKILL."""
        if self.alive:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def said(self) -> str:
        """The last lines it said."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if kind is not None and (said := self.said()):
            print(f"--- {self.log.name} said:\n{said}\n---", file=sys.stderr)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def machine_cpu() -> float:
    """Seconds of CPU that everything on this machine has used so far, what its host took away included."""
    fields = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK  # all but idle and waiting


def until(condition: Callable[[], object], seconds: float, what: str, step: float = 0.05) -> None:
    """Waits until `condition()` holds. Raises TimeoutError naming what was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(step)
