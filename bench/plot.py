"""A line plot on logarithmic axes as SVG text: for light and dark pages, told apart without colour.

Knows points and words, nothing of what was measured. Every line has its own dash and mark, and its name at its end;
marks have an outline in the ink of the text. The picture has a <title> and a <desc> that says its values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 84, 150, 56, 64  # margins around the field
DASHES = ("", "9 5", "2 5", "12 4 2 4")
TONES = ("a", "b", "c", "d")
STYLE = """
  .paper { fill: #ffffff } .ink { fill: #1a1a1a } .grid { stroke: #d5d5d5 } .axis { stroke: #1a1a1a }
  .mark { stroke: #1a1a1a; stroke-width: 1.5 } .line { fill: none; stroke-width: 2.5 }
  .a { stroke: #0b5394 } .b { stroke: #a64d00 } .c { stroke: #38761d } .d { stroke: #741b47 }
  .fill-a { fill: #0b5394 } .fill-b { fill: #f6b26b } .fill-c { fill: #b6d7a8 } .fill-d { fill: #ead1dc }
  text { font: 14px system-ui, sans-serif } .title { font-size: 17px; font-weight: 600 } .small { font-size: 12px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #16181c } .ink { fill: #f0f0f0 } .grid { stroke: #3a3d44 } .axis, .mark { stroke: #f0f0f0 }
    .a { stroke: #8ec5ff } .b { stroke: #ffb870 } .c { stroke: #9be07c } .d { stroke: #f0a6cf }
    .fill-a { fill: #2b6cb0 } .fill-b { fill: #b45f06 } .fill-c { fill: #38761d } .fill-d { fill: #741b47 }
  }
"""


@dataclass(frozen=True)
class Line:
    """A named row of points (x, y), all greater than 0."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """What is on an axis, with its unit."""

    label: str


def number(value: float) -> str:
    """As it stands at a tick: 0.5, 20, 100,000."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def ticks(values: Sequence[float]) -> list[float]:
    """The ticks that enclose some values: powers of ten, and 1, 2, 5 of each where these are few.

    They span a factor of ten at least, so that a small difference does not look like a great one.
    """
    low, high = min(values), max(values)
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    steps = (1, 2, 5) if high / low < 50 else (1,)
    chosen = [m * 10.0**d for d in decades for m in steps]
    first = max(i for i, tick in enumerate(chosen) if tick <= low * 1.0001)
    last = min(i for i, tick in enumerate(chosen) if tick >= high * 0.9999)
    while chosen[last] / chosen[first] < 9.99:
        first, last = (first - 1, last) if chosen[last] > 2 * high else (first, last + 1)
    return chosen[first : last + 1]


def plot(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """The picture."""
    across = ticks([px for line in lines for px, _ in line.points])
    up = ticks([py for line in lines for _, py in line.points])

    def at(px: float, py: float) -> tuple[float, float]:
        return (
            LEFT + _share(px, across) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - _share(py, up) * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_said(x, y, lines))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="ink title" x="{LEFT}" y="30">{escape(title)}</text>',
    ]
    for tick in across:
        left, bottom = at(tick, up[0])
        parts.append(f'<path class="grid" d="M{left:.1f} {bottom:.1f}V{TOP}"/>')
        parts.append(_text(left, bottom + 20, number(tick), "middle"))
    for tick in up:
        left, bottom = at(across[0], tick)
        parts.append(f'<path class="grid" d="M{left:.1f} {bottom:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(left - 8, bottom + 5, number(tick), "end"))
    parts.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 18, x.label, "middle"))
    parts.append(
        f'<text class="ink" text-anchor="middle" transform="translate(20 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">'
        f"{escape(y.label)}</text>"
    )
    ends: list[float] = []
    for i, line in enumerate(lines):
        spots = [at(px, py) for px, py in line.points]
        way = "L".join(f"{a:.1f} {b:.1f}" for a, b in spots)
        dash = f' stroke-dasharray="{DASHES[i]}"' if DASHES[i] else ""
        parts.append(f'<path class="line {TONES[i]}"{dash} d="M{way}"/>')
        parts += [_mark(i, a, b) for a, b in spots]
        height = spots[-1][1] + 5
        while any(abs(height - other) < 18 for other in ends):
            height += 18
        ends.append(height)
        parts.append(_text(spots[-1][0] + 12, height, line.name, "start"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _share(value: float, over: Sequence[float]) -> float:
    return (math.log10(value) - math.log10(over[0])) / (math.log10(over[-1]) - math.log10(over[0]))


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="ink" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _mark(kind: int, x: float, y: float) -> str:
    tone = f"mark fill-{TONES[kind]}"
    if kind == 0:
        return f'<circle class="{tone}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    if kind == 1:
        return f'<rect class="{tone}" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
    turned = 1 if kind == 2 else -1
    return f'<path class="{tone}" d="M{x:.1f} {y - 6 * turned:.1f}l6 {11 * turned}h-12z"/>'


def _said(x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    rows = [
        f"{line.name}: " + "; ".join(f"{number(px)} → {number(py)}" for px, py in line.points) for line in lines
    ]  # fmt: skip
    return f"{x.label} → {y.label}. " + ". ".join(rows)
