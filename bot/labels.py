"""How wide the label of a button gets on a telephone, and as much of it as there is room for.

Telegram shows a label on one line and cuts off with an ellipsis what does not fit. How much does follows from its
Android app on a telephone that is 360 pixels wide: buttons of 15 pixels in a medium weight, together as wide as the
screen less 15, with 5 between two of them, one at each end of a row, and 15 of each left free at its edges. A button by
itself has 328 pixels for its label then, each of two has 154. The chat page of the stand-in gives as much, in a heavier
weight, so that what fits there fits in the app too.

What letters take was measured on that page in Chromium, with Noto Sans, in fractions of the height of the type, and is
rounded so that a label of the ten languages that comes near its room is never taken for narrower than it is; for wider
by up to a sixth (a third in Arabic letters, which become narrower in joining). All of it is measured again by
`tests/browser/test_label_widths.py`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from locales import closed

TYPE = 15  # pixels of the type's height
ROW, GAP, EDGES = 343, 5, 15  # pixels of a row of buttons, between two of them, and of each that are not the label's
NARROW, WIDE = frozenset("fijlrtIJıії"), frozenset("mwMWшщмжыюфШЩМЖЫЮФ…")
SCRIPTS = {"CYRILLIC": 0.67, "ARABIC": 0.6}
LETTER, CAPITAL, NARROW_LETTER, WIDE_LETTER, SPACE = 0.62, 0.75, 0.4, 0.96, 0.3


def room(buttons: int = 1) -> float:
    """Pixels for the label of each of so many buttons in one row."""
    return (ROW - GAP * (buttons - 1)) / buttons - EDGES


def width(label: str) -> float:
    """Pixels that a label takes."""
    return TYPE * sum(map(_letter, label))


@lru_cache(maxsize=1024)
def _letter(one: str) -> float:
    """What a character takes, as a fraction of the type's height."""
    category = unicodedata.category(one)
    if category in ("Mn", "Me", "Cf"):
        return 0
    if category == "So" or unicodedata.east_asian_width(one) in "WF":
        return 1
    if one in NARROW:
        return NARROW_LETTER
    if one in WIDE:
        return WIDE_LETTER
    if category[0] in "ZP":
        return SPACE
    if one.isupper():
        return CAPITAL
    return SCRIPTS.get(unicodedata.name(one, "").partition(" ")[0], LETTER)


def fitted(label: str, buttons: int = 1) -> str:
    """As much of a label as there is room for, with an ellipsis where something is missing; isolates are closed."""
    if width(label) <= room(buttons):
        return label
    short = label
    while short and width(short + "…") > room(buttons):
        short = short[:-1]
    short = short.rstrip() + "…"
    return closed(short)
