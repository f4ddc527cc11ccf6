"""How fast weltoffen is, against its peers in the same run. One command:

    uv run python bench/speed.py [--quick] [--only cpu …] [--out results.json] [--markdown]

Everything happens on this machine, over loopback. Needs beside the project: msgspec, uvloop, aiogram, sniffio, and cc.
Ends with 1 where an answer was lost or made up, and with 2 where a gate is missed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sqlite3
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ours
from figures import FIGURES, FULL, QUICK, QUIET, Bench, Row
from trial import LossError

PACKAGES = (
    "python-telegram-bot", "httpx", "sniffio", "aiogram", "aiohttp", "aiosqlite", "msgspec", "uvloop", "cryptography",
)  # fmt: skip


def circumstances() -> dict[str, Any]:
    """When, where and of what this was measured."""
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = cpus[0].partition(":")[2].strip() if cpus else platform.machine()
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": (_git("rev-parse", "--short=12", "HEAD") or "unknown")
        + (" and changes" if _git("status", "--porcelain", "--untracked-files=no") else ""),
        "machine": f"{len(cpus)} × {model}, {memory:.0f} GiB",
        "system": f"Linux {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": os.getloadavg()[0],
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ours.ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def number(value: float | None, unit: str = "") -> str:
    """A value with three digits that count."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def spread(row: Row) -> str:
    """The least and the greatest of the rounds."""
    return "" if row.low is None or row.low == row.high else f"{number(row.low)} … {number(row.high)}"


def wanted(row: Row, at: float | None) -> str:
    """A gate or aim with its sense."""
    return "" if at is None or row.gate is None else f"{'≥' if row.more else '≤'} {number(at)}"


def plain(rows: list[Row]) -> str:
    """The table for a terminal."""
    cells = [("figure", "value", "rounds", "gate", "aim", "", "")]
    cells += [(r.name, number(r.value, r.unit), spread(r), wanted(r, r.gate), wanted(r, r.aim), r.verdict, r.note)
              for r in rows]  # fmt: skip
    widths = [max(len(row[i]) for row in cells) for i in range(6)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, [*widths, 0], strict=True)).rstrip() for row in cells)


def markdown(rows: list[Row], bench: Bench, found: dict[str, Any], command: str) -> str:
    """The table as it is pasted into docs/performance.md."""
    lines = ["| figure | value | rounds | gate | aim | |", "|---|---|---|---|---|---|"]
    lines += [
        "| "
        + " | ".join([r.name, number(r.value, r.unit), spread(r), wanted(r, r.gate), wanted(r, r.aim), r.verdict])
        + " |"
        for r in rows
    ]
    for name, by_bot in bench.trials.items():
        lines += ["", f"| {name} | answers/s | CPU ms per update | p99, ms | stored = replied to | load server |",
                  "|---|---|---|---|---|---|"]  # fmt: skip
        for bot, trials in by_bot.items():
            middle = sorted(trials, key=lambda t: t.cpu_ms)[len(trials) // 2]
            lines.append(
                f"| {bot} | {number(middle.per_second)} | {number(middle.cpu_ms)} | {number(middle.delay_ms['p99'])} "
                f"| {sum(t.stored for t in trials):,} | {max(t.load_busy for t in trials):.0%} |"
            )
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    lines += ["", f"`{command}`, {found['date']}, commit {found['commit']}; {found['machine']}, {found['system']}, "
              f"Python {found['python']}, SQLite {found['sqlite']}, {packages}."]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Runs what is asked for and prints it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round of each, smaller sizes")
    parser.add_argument("--only", nargs="+", choices=list(FIGURES), default=list(FIGURES), metavar="NAME",
                        help=", ".join(FIGURES))  # fmt: skip
    parser.add_argument("--out", type=Path, help="write all that was measured as JSON")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    given = parser.parse_args()
    found, began = circumstances(), time.monotonic()
    bench = Bench(QUICK if given.quick else FULL, lambda text: print(text, file=sys.stderr, flush=True))
    rows: list[Row] = []
    failures: list[str] = []
    for name in given.only:
        bench.say(f"{name} …")
        try:
            rows += FIGURES[name](bench)
        except LossError as error:
            failures.append(f"{name}: {error}")
            bench.say(f"ANSWERS LOST OR MADE UP: {error}")
        except (RuntimeError, TimeoutError, OSError) as error:
            failures.append(f"{name}: {type(error).__name__}: {error}")
            bench.say(f"{name} could not be measured: {error}")
    command = "python bench/speed.py" + "".join(f" {a}" for a in sys.argv[1:] if a != "--markdown")
    print(markdown(rows, bench, found, command) if given.markdown else plain(rows))
    for failure in failures:
        print(f"FAILED {failure}")
    noise = max((t.others for by in bench.trials.values() for ts in by.values() for t in ts), default=0.0)
    if noise > QUIET:
        bench.say(f"Other work took up to {noise:.1f} cores: what depends on the clock is worth little, measure again.")
    bench.say(f"{time.monotonic() - began:.0f} s")
    if given.out:
        result = found | {
            "command": command, "seconds": round(time.monotonic() - began), "failures": failures,
            "figures": [asdict(r) | {"verdict": r.verdict} for r in rows], "facts": bench.facts,
            "trials": {n: {b: [asdict(t) for t in ts] for b, ts in by.items()} for n, by in bench.trials.items()},
        }  # fmt: skip
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if failures:
        return 1
    return 2 if any(r.verdict == "MISSED" for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
