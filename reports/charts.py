"""The drawings' geometry as values: the line from 0 to 3, the bar of all answers, marks in four columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from locales import Catalogue
from reports.evaluation import BEST, CUTS, Counts, step

SEGMENTS = ("yes", "rather-yes", "rather-no", "no", "missing")
HEAD, LANE = 22, 36  # pixels of a drawing of marks: the words above, and a symbol with its word below
READABLE = Fraction(7, 100)  # the share of a bar from which on its number fits into it


@dataclass(frozen=True)
class Segment:
    """A piece of a bar: its kind, where it starts and ends in percent, its number (empty where it does not fit)."""

    kind: str
    x: str
    width: str
    middle: str
    end: str
    label: str


@dataclass(frozen=True)
class Mark:
    """One side in a drawing of marks: which symbol, which word, its value 0 to 3, and whether it is compared."""

    symbol: str
    label: str
    value: int
    ranked: bool = True


@dataclass(frozen=True)
class Marker:
    """A mark in its place: in percent from the left and pixels from above."""

    mark: Mark
    x: str
    y: int


@dataclass(frozen=True)
class Dumbbell:
    """A drawing of marks in four columns: markers, the ends of the line between the outermost compared ones."""

    markers: tuple[Marker, ...]
    line: tuple[str, str] | None
    height: int


class Geometry:
    """Where things lie in a language's drawings; mirrored where it is read from right to left."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.right_to_left = catalogue.language.right_to_left

    def at(self, mean: Fraction) -> str:
        """The place of a mean on the line from 0 to 3, in percent from the left."""
        share = mean / BEST
        return _percent(1 - share if self.right_to_left else share)

    @property
    def zones(self) -> list[tuple[str, str]]:
        """The four steps on the line: start and width in percent from the left."""
        edges = [Fraction(0), *CUTS, Fraction(BEST)]
        shares = [(low / BEST, high / BEST) for low, high in pairwise(edges)]
        if self.right_to_left:
            shares = [(1 - high, 1 - low) for low, high in shares]
        return [(_percent(low), _percent(high - low)) for low, high in shares]

    def reached(self, mean: Fraction) -> int:
        """The step 1..4 a mean has reached."""
        return step(mean) + 1

    def segments(self, counts: Counts) -> list[Segment]:
        """The pieces of a bar of all answers, ratings first, in reading direction."""
        named = counts.by_value()
        numbers = {**{kind: named[kind] for kind in SEGMENTS[:4]}, "missing": counts.missing}
        total = sum(numbers.values())
        found, start = [], Fraction(0)
        for kind, number in numbers.items():
            if not number:
                continue
            width = Fraction(number, total)
            x = 1 - start - width if self.right_to_left else start
            label = self.catalogue.number(number) if width >= READABLE else ""
            found.append(
                Segment(kind, _percent(x), _percent(width), _percent(x + width / 2), _percent(x + width), label)
            )
            start += width
        return found

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The columns of the four marks, from "nein" on: start and middle in percent from the left."""
        starts = [Fraction(3 - n if self.right_to_left else n, 4) for n in range(4)]
        return [(_percent(start), _percent(start + Fraction(1, 8))) for start in starts]

    def dumbbell(self, marks: Sequence[Mark]) -> Dumbbell:
        """Marks in their columns; those in one column stand below each other, those that are not compared lowest."""
        ranked = [mark for mark in marks if mark.ranked]
        lanes: list[tuple[Mark, int]] = []
        for group in (ranked, [mark for mark in marks if not mark.ranked]):
            below = max((lane + 1 for _, lane in lanes), default=0)
            for place, mark in enumerate(group):
                lanes.append((mark, below + sum(other.value == mark.value for other in group[:place])))
        middles = [middle for _, middle in self.columns]
        values = [mark.value for mark in ranked]
        ends = (middles[min(values)], middles[max(values)]) if values and min(values) < max(values) else None
        return Dumbbell(
            tuple(Marker(mark, middles[mark.value], HEAD + LANE * lane + LANE // 3) for mark, lane in lanes),
            ends,
            HEAD + LANE * max((lane + 1 for _, lane in lanes), default=1) + 3,
        )


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.3f}".rstrip("0").rstrip(".")
