"""How cost grows with work: three curves, drawn into docs/performance/ with their numbers beside.

    uv run python bench/curves.py [--quick] [--only respondents answers flight] [--folder docs/performance]

respondents  100 to 100,000 in the database, 100 answers a second: CPU per update, and bytes on disk
answers      10^5 to 10^7 stored: milliseconds to an evaluation, weltoffen's way and a plain GROUP BY
flight       1 to 10,000 chats press at the same moment, 30 ms round trip: answers a second, and how long 99 % wait
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import evaluation
import ours
from plot import Axis, Line, plot
from process import until
from speed import circumstances
from trial import FLOOR, OURS, Bot, Plan, Stage, staged, trial

Points = list[dict[str, Any]]

SETTLED = 4.0  # seconds after which a bot has loaded what it loads beside its work: for one it delays by 100 ms


@dataclass(frozen=True)
class Curve:
    """What was measured, and the pictures made of it: file name → SVG."""

    points: Points
    pictures: Mapping[str, str]


def say(text: str) -> None:
    """Tells how far it is."""
    print(text, file=sys.stderr, flush=True)


def respondents(quick: bool) -> Curve:
    """Does an update cost more where more people have entered?"""
    points: Points = []
    for people in (100, 1000, 10_000) if quick else (100, 1000, 10_000, 100_000):
        plan = Plan(people, latency=30, pace="rate", rate=100, filled=True, window=4 if quick else 10)
        found = trial(OURS, plan)
        points.append({
            "respondents": people, "cpu_ms": found.cpu_ms, "bytes": found.size, "answers": found.answers,
            "p99_ms": found.delay_ms["p99"], "load_busy": found.load_busy, "others": found.others,
        })  # fmt: skip
        say(f"  {people:>7} respondents: {found.cpu_ms:.3f} ms CPU an update, {found.size / 2**20:.1f} MiB")
    x = Axis("respondents in the database")
    return Curve(points, {
        "respondents-cpu.svg": plot("CPU per update by respondents", x, Axis("ms of CPU per update"), [
            Line("weltoffen", [(p["respondents"], p["cpu_ms"]) for p in points])]),
        "respondents-size.svg": plot("Stored size by respondents", x, Axis("MiB on disk"), [
            Line("weltoffen", [(p["respondents"], p["bytes"] / 2**20) for p in points])]),
    })  # fmt: skip


def answers(quick: bool) -> Curve:
    """Does an evaluation take longer where more has been answered?"""
    points: Points = []
    for number in (100_000, 1_000_000) if quick else (100_000, 1_000_000, 10_000_000):
        found = evaluation.measured(round(number / 34))
        points.append(found)
        say(f"  {found['answers']:>8} answers: {found['own_ms']} ms, GROUP BY {found['plain_ms']} ms")
    x = Axis("answers stored")
    return Curve(points, {
        "answers-evaluation.svg": plot("Time to an evaluation by answers", x, Axis("milliseconds"), [
            Line("plain GROUP BY", [(p["answers"], p["plain_ms"]) for p in points]),
            Line("weltoffen", [(p["answers"], p["own_ms"]) for p in points])]),
    })  # fmt: skip


def flight(quick: bool) -> Curve:
    """What happens where more press at the same moment?"""
    points: Points = []
    sizes = (1, 10, 100, 1000) if quick else (1, 10, 100, 1000, 10_000)
    for chats in sizes:
        for bot in (OURS, FLOOR):
            rounds = max(3, min(12, 12_000 // chats))
            plan = Plan(chats, latency=30, pace="together", answers=rounds, filled=bot is OURS)
            points.append(found := _flight(bot, plan))
            say(f"  {chats:>6} chats, {bot.name}: {found['per_second']:.0f} answers/s, p99 {found['p99_ms']:.0f} ms")

    def lines(what: str) -> list[Line]:
        return [
            Line(b.name, [(p["chats"], p[what]) for p in points if p["bot"] == b.name]) for b in (OURS, FLOOR)
        ]  # fmt: skip

    x = Axis("chats that press at the same moment")
    return Curve(points, {
        "flight-rate.svg": plot("Answers a second by chats in flight", x, Axis("answers/s"), lines("per_second")),
        "flight-p99.svg": plot("Waiting by chats in flight", x, Axis("ms from press to reply, p99"), lines("p99_ms")),
    })  # fmt: skip


def _flight(bot: Bot, plan: Plan) -> dict[str, Any]:
    """Everybody presses, is replied to, thinks, and presses again; the first round warms up."""

    def work(stage: Stage) -> dict[str, Any]:
        time.sleep(SETTLED)
        stage.load.ask("begin")
        wanted = plan.people * plan.answers
        until(lambda: stage.load.ask("stats")["replied"] >= wanted, 600, "the reply to everybody", 0.2)
        waits = stage.load.ask("waits")["ms"]
        stage.finish()
        rounds = [waits[i : i + plan.people] for i in range(plan.people, wanted, plan.people)]
        every = sorted(w for one in rounds for w in one)
        return {
            "bot": bot.name, "chats": plan.people, "rounds": len(rounds),
            "per_second": 1000 * plan.people / statistics.median(max(one) for one in rounds),
            "p50_ms": statistics.median(every), "p99_ms": every[min(len(every) - 1, int(0.99 * len(every)))],
        }  # fmt: skip

    return staged(bot, plan, work)


CURVES: Mapping[str, Callable[[bool], Curve]] = {"respondents": respondents, "answers": answers, "flight": flight}


def main() -> None:
    """Measures what is asked for, and draws it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller sizes")
    parser.add_argument("--only", nargs="+", choices=list(CURVES), default=list(CURVES), metavar="NAME")
    parser.add_argument("--folder", type=Path, default=ours.ROOT / "docs" / "performance")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    found = circumstances()
    for name in given.only:
        say(f"{name} …")
        curve = CURVES[name](given.quick)
        for file, picture in curve.pictures.items():
            (given.folder / file).write_text(picture, "utf-8")
        text = json.dumps(found | {"points": curve.points}, indent=1) + "\n"
        (given.folder / f"{name}.json").write_text(text, "utf-8")
        say(f"  wrote {', '.join([*curve.pictures, f'{name}.json'])} in {given.folder}")


if __name__ == "__main__":
    main()
