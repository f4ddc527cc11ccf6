"""The figures of docs/performance.md: what is run for each, and what must come out.

Every comparison is made of trials in the same run, weltoffen and the peer by turns; a figure is a ratio of medians, its
spread that of the single rounds. A ratio's sense is said with it: less or more is better.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import evaluation
import ours
from ceiling import ceiling
from process import until
from trial import (
    AIOGRAM,
    AS_WRITTEN,
    BENCH,
    COMMIT_EACH,
    CONCURRENT,
    FLOOR,
    OURS,
    STOCK,
    Bot,
    LossError,
    Plan,
    Stage,
    Trial,
    missing,
    staged,
    trial,
)

BUSY = 0.30  # of its core, which the load server must not need
QUIET = 0.25  # cores that other work may take before figures by the clock mean little


@dataclass(frozen=True)
class Effort:
    """How much is done: rounds and seconds of each window, and the sizes."""

    rounds: int = 3
    window: float = 8.0
    people: int = 100_000
    answers: int = 10_000_000


FULL = Effort()
QUICK = Effort(1, 3.0, 10_000, 1_000_000)


@dataclass(frozen=True)
class Row:
    """One line of the table. `more`: a greater value is better; `gate` None: told for information alone."""

    name: str
    value: float | None
    unit: str
    gate: float | None = None
    aim: float | None = None
    more: bool = False
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether gate or aim are reached."""
        if self.value is None:
            return "not measured"
        if self.gate is None:
            return ""
        if self.aim is not None and self._reached(self.aim):
            return "aim"
        return "gate" if self._reached(self.gate) else "MISSED"

    def _reached(self, at: float) -> bool:
        return self.value is not None and (self.value >= at if self.more else self.value <= at)


@dataclass
class Bench:
    """What has been measured so far in this run: trials by name and bot, for use in more than one figure."""

    effort: Effort
    say: Callable[[str], None]
    trials: dict[str, dict[str, list[Trial]]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def by_turns(self, name: str, plans: Mapping[Bot, Plan]) -> dict[str, list[Trial]]:
        """Each bot's trials of one kind, by turns; made once."""
        if name in self.trials:
            return self.trials[name]
        absent = missing(list(plans))
        for left_out, needs in absent.items():
            self.say(f"  {left_out} is left out: install {', '.join(needs)}")
        found: dict[str, list[Trial]] = {}
        for _ in range(self.effort.rounds):
            for bot, plan in plans.items():
                if bot.name not in absent:
                    one = trial(bot, replace(plan, window=self.effort.window))
                    found.setdefault(bot.name, []).append(one)
                    self.say(
                        f"  {name:<9} {bot.name:<14} {one.per_second:7.0f} answers/s  {one.cpu_ms:6.3f} ms CPU  "
                        f"p99 {one.delay_ms['p99']:6.0f} ms  load server {one.load_busy:4.0%}  "
                        f"others {one.others:.1f}  stored {one.stored}"
                    )
        self.trials[name] = found
        return found

    def steady(self) -> dict[str, list[Trial]]:
        """200 people walk in and answer, no latency: the same load for all, which all of them can carry."""
        return self.by_turns("steady", dict.fromkeys((OURS, STOCK, CONCURRENT, AIOGRAM, FLOOR), Plan(200)))

    def through(self) -> dict[str, list[Trial]]:
        """30 ms for each round trip, and for each bot so many people that it is never idle."""
        plan = Plan(4000, latency=30, filled=True)
        return self.by_turns("30 ms", {
            OURS: plan, STOCK: replace(plan, people=40), CONCURRENT: replace(plan, people=400),
            AS_WRITTEN: replace(plan, people=400),
            AIOGRAM: replace(plan, people=1500), FLOOR: plan,
        })  # fmt: skip

    def slow_disk(self) -> dict[str, list[Trial]]:
        """Every fsync takes 2 ms more; no latency."""
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            slow = slowed(Path(name))
            plan = Plan(3000, filled=True, environment=slow)
            return self.by_turns("slow disk", {OURS: plan, COMMIT_EACH: replace(plan, people=1000)})


def slowed(folder: Path) -> dict[str, str]:
    """The environment in which every fsync takes longer; compiles the shim into a folder."""
    shim = folder / "slowsync.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, BENCH / "slowsync.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(shim)}


def ratio(
    name: str, unit: str, ours_: Sequence[float], theirs: Sequence[float] | None, *, gate: float | None = None,
    aim: float | None = None, more: bool = False, inverse: bool = False, note: str = "",
) -> Row:  # fmt: skip
    """A line out of two lists of rounds: ours by theirs, or theirs by ours."""
    if not theirs:
        return Row(name, None, unit, gate, aim, more, note="the peer is not installed")
    above, below = (theirs, ours_) if inverse else (ours_, theirs)
    rounds = [a / b for a, b in zip(above, below, strict=True)]
    value = statistics.median(above) / statistics.median(below)
    said = f"{statistics.median(ours_):.4g} / {statistics.median(theirs):.4g}" + (f"; {note}" if note else "")
    return Row(name, value, unit, gate, aim, more, min(rounds), max(rounds), said)


def busy(*lists: Sequence[Trial]) -> str:
    """How busy the load server and other work were; says so where it was too much for the comparison to hold."""
    trials = [t for each in lists for t in each]
    load, others = max((t.load_busy for t in trials), default=0.0), max((t.others for t in trials), default=0.0)
    found = f"load server {load:.0%} busy" + (" (TOO MUCH)" if load > BUSY else "")
    return found + (f", OTHER WORK took {others:.1f} cores" if others > QUIET else "")


def cpu(bench: Bench) -> list[Row]:
    """CPU per update."""
    found = bench.steady()
    mine = [t.cpu_ms for t in found["weltoffen"]]
    rows = []
    for bot, gate, aim in ((STOCK, 0.4, 0.2), (CONCURRENT, None, None), (AIOGRAM, None, None)):
        trials = found.get(bot.name, [])
        rows.append(ratio(
            f"CPU per update, ours / {bot.about}", "", mine, [t.cpu_ms for t in trials], gate=gate, aim=aim,
            note="ms; " + busy(found["weltoffen"], trials),
        ))  # fmt: skip
    trials = found.get("floor", [])
    rows.append(ratio("CPU per update, ours / floor", "×", mine, [t.cpu_ms for t in trials], gate=4, aim=2,
                      note="ms; " + busy(trials)))  # fmt: skip
    return rows


def throughput(bench: Bench) -> list[Row]:
    """Answers a second with a round trip of 30 ms."""
    found = bench.through()
    mine = [t.per_second for t in found["weltoffen"]]
    rows = []
    for bot, gate, aim in ((STOCK, 30, 60), (AS_WRITTEN, 10, 20), (CONCURRENT, None, None), (AIOGRAM, None, None)):
        trials = found.get(bot.name, [])
        rows.append(ratio(
            f"answers/s at 30 ms, ours / {bot.about}", "×", mine, [t.per_second for t in trials], gate=gate, aim=aim,
            more=True, note=busy(found["weltoffen"], trials),
        ))  # fmt: skip
    trials = found.get("floor", [])
    rows.append(ratio("answers/s at 30 ms, floor / ours", "×", mine, [t.per_second for t in trials], gate=4, aim=2,
                      inverse=True, note=busy(trials)))  # fmt: skip
    rows.append(ratio("CPU per update at 30 ms, ours / stock, each at its own pace", "",
                      [t.cpu_ms for t in found["weltoffen"]], [t.cpu_ms for t in found.get("ptb_stock", [])],
                      note="ms"))  # fmt: skip
    rows.append(ratio("CPU per update at 30 ms, ours / floor, each at its own pace", "×",
                      [t.cpu_ms for t in found["weltoffen"]], [t.cpu_ms for t in trials], note="ms"))  # fmt: skip
    return rows


def fsync(bench: Bench) -> list[Row]:
    """Answers kept a second on a disk that takes 2 ms for each fsync."""
    found = bench.slow_disk()
    mine, theirs = found["weltoffen"], found.get("commit_each", [])
    rows = [ratio(
        "stored answers/s with a 2 ms fsync, whole bot, ours / commit per answer", "×",
        [t.stored_per_second for t in mine], [t.stored_per_second for t in theirs], gate=20, aim=40, more=True,
        note=busy(mine, theirs),
    )]  # fmt: skip
    alone: dict[str, list[float]] = {"receiver": [], "each": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        environment = {**ours.environment(Path(name)), **slowed(Path(name))}
        for _ in range(bench.effort.rounds):
            for kind, extra in (("receiver", []), ("each", ["--each"])):
                command = [sys.executable, str(BENCH / "receiver.py"), "--seconds", "3", *extra]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                if done.returncode:
                    note = f"receiver.py: {done.stderr.strip().splitlines()[-1]}"
                    return [*rows, Row("the same, receiver alone", None, "×", 20, 40, True, note=note)]
                said = json.loads(done.stdout)
                alone[kind].append(said["answers"] / said["seconds"])
                bench.say(
                    f"  slow disk {f'{kind} alone':<14} {alone[kind][-1]:7.0f} answers/s, {said['stored']} stored"
                )
    rows.append(ratio("stored answers/s with a 2 ms fsync, receiver alone, ours / commit per answer", "×",
                      alone["receiver"], alone["each"], gate=20, aim=40, more=True))  # fmt: skip
    return rows


def delay(bench: Bench) -> list[Row]:
    """How long people wait at 350 answers a second."""
    plan = Plan(700, latency=30, pace="rate", rate=350, filled=True)
    trials = bench.by_turns("350/s", {OURS: plan})["weltoffen"]
    p99 = [t.delay_ms["p99"] for t in trials]
    pace = statistics.median(t.per_second for t in trials)
    late = sum(t.missed for t in trials)
    note = f"at {pace:.0f}/s, {late} presses missing, {busy(trials)}"
    return [Row("p99 from delivery to reply sent at 350 answers/s, 30 ms", statistics.median(p99), "ms", 20, 5,
                False, min(p99), max(p99), note)]  # fmt: skip


def calls(bench: Bench) -> list[Row]:
    """What is sent and edited for one answer."""
    each = [t.shown_per_answer for t in bench.steady()["weltoffen"]]
    return [Row("calls (sent + edited) per answered closed question", statistics.median(each), "", 1.0, 0.99, False,
                min(each), max(each), "aim: below, by coalescing")]  # fmt: skip


def memory(bench: Bench) -> list[Row]:
    """What it takes when everybody presses at once."""
    people = bench.effort.people
    plan = Plan(people, pace="together", answers=1, filled=True)

    def work(stage: Stage) -> tuple[float, float, float, float]:
        time.sleep(3)
        stage.bot.forget_peak()
        before = stage.bot.rss()
        began = time.monotonic()
        stage.load.ask("begin")
        until(lambda: stage.load.ask("stats")["replied"] >= people, 600, "the reply to everybody", 0.25)
        took = time.monotonic() - began
        peak = stage.bot.peak()
        time.sleep(2)
        after = stage.bot.rss()
        if (kept := stage.finish()) != people:
            raise LossError(f"{people} pressed, {kept} answers are stored")
        return before / 2**20, peak / 2**20, after / 2**20, took

    before, peak, after, took = staged(OURS, plan, work)
    bench.say(f"  memory    {people} at once: {before:.0f} MiB, at most {peak:.0f}, then {after:.0f}; {took:.0f} s")
    note = f"{before:.0f} → {peak:.0f} → {after:.0f} MiB, all replied to within {took:.0f} s"
    return [Row(f"growth of memory (RSS) when {people:,} press at once", peak - before, "MiB", 70, 20, note=note)]


def counting(bench: Bench) -> list[Row]:
    """From rows to an evaluation."""
    answers = bench.effort.answers
    found = evaluation.measured(round(answers / 34), own_times=9, plain_times=2)
    bench.facts["evaluation"] = found
    bench.say(f"  evaluate  {found['answers']} answers: ours {found['own_ms']} ms, GROUP BY {found['plain_ms']} ms, "
              f"filled in {found['filled_s']} s")  # fmt: skip
    kept = "tally kept" if found["tally_kept"] else "no tally is kept yet"
    name = f"evaluation of {answers / 1e6:g} million answers"
    mine, plain = statistics.median(found["owns_ms"]), statistics.median(found["plains_ms"])
    note = f"{mine:.4g} / {plain:.4g} ms; {kept}"
    return [
        Row(f"{name}, plain GROUP BY / ours", plain / mine, "×", 8, None, True,
            plain / max(found["owns_ms"]), plain / min(found["owns_ms"]), note),
        Row(f"{name}, ours", mine, "ms", 10 if found["tally_kept"] else None, 10, False,
            min(found["owns_ms"]), max(found["owns_ms"]), kept),
    ]  # fmt: skip


def start(bench: Bench) -> list[Row]:
    """CPU until it first asks for updates."""
    took = [staged(OURS, Plan(1), lambda stage: stage.start_cpu) for _ in range(2 * bench.effort.rounds + 1)]
    bench.say(f"  start     {', '.join(f'{t:.2f}' for t in took)} s CPU")
    return [Row("CPU from start to first getUpdates", statistics.median(took), "s", 0.5, 0.25, False,
                min(took), max(took))]  # fmt: skip


def load_server(bench: Bench) -> list[Row]:
    """What the load server itself can do."""
    found = ceiling(2.0)
    bench.facts["ceiling"] = found
    note = f"{found['cpu_us_per_answer']} µs an answer; busy {found['busy']:.0%} against an ideal bot on one connection"
    return [Row("load server's own ceiling", found["possible_per_second"], "answers/s", note=note)]


FIGURES: Mapping[str, Callable[[Bench], list[Row]]] = {
    "ceiling": load_server, "start": start, "cpu": cpu, "calls": calls, "throughput": throughput, "delay": delay,
    "fsync": fsync, "memory": memory, "evaluation": counting,
}  # fmt: skip
