"""The poster: one valid SVG that holds the code, the link as a QR code, and a line in every offered language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import segno

from bot.poster import HEIGHT, WIDTH, poster
from locales import catalogue, languages

LINK, CODE, NAME = "https://t.me/weltoffen_bot?start=AB23CD45", "AB23CD45", "weltoffen_bot"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(commune: str = "Musterstadt", link: str = LINK, spoken: Sequence[str] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(poster(commune, link, CODE, NAME, spoken or list(languages())))


def modules(path: str) -> set[tuple[int, int]]:
    """The dark squares of segno's path: strokes of height 1, each moved to from the last one's end."""
    dark, x, y = set(), 0.0, 0.0
    for move, dx, dy, length in re.findall(r"([Mm])(-?[\d.]+) ?(-?[\d.]+)h(\d+)", path):
        x, y = (float(dx), float(dy)) if move == "M" else (x + float(dx), y + float(dy))
        dark |= {(int(x) + i, int(y)) for i in range(int(length))}
        x += int(length)
    return dark


@pytest.mark.parametrize(
    "link", [LINK, LINK.replace("weltoffen_bot", "x" * 32 + "bot"), "https://t.me/a?start=23456789"]
)
def test_the_qr_code_is_that_of_the_link_with_a_quiet_margin(link: str) -> None:
    inner = drawn(link=link).find(f"{SVG}svg")
    assert inner is not None
    strokes = [p for p in inner.findall(f"{SVG}path") if p.get("stroke") == "#000"]
    wanted = segno.make_qr(link, error="m")
    assert len(strokes) == 1
    assert modules(strokes[0].get("d") or "") == {
        (x + 4, y + 4) for y, row in enumerate(wanted.matrix) for x, dark in enumerate(row) if dark
    }
    side = wanted.symbol_size(border=4)[0]
    assert inner.get("viewBox") == f"0 0 {side} {side}"


def test_the_code_stands_below_in_two_halves_with_the_bot_s_name() -> None:
    assert [t.text for t in drawn().findall(f"{SVG}text")][-2:] == ["@weltoffen_bot", "AB23 CD45"]


@pytest.mark.parametrize("spoken", [list(languages()), ["de"], ["de", "ar"]])
def test_every_language_of_the_survey_has_its_lines_in_its_direction_and_no_other(spoken: list[str]) -> None:
    texts = [(t.text, t.get("lang"), t.get("direction")) for t in drawn(spoken=spoken).findall(f"{SVG}text")]
    wanted = [("Musterstadt", "de", "ltr")]
    for code in spoken:
        words, language = catalogue(code), languages()[code]
        wanted += [
            (words.t("Wie weltoffen ist es hier? Ihre Meinung zählt."), language.tag, language.direction),
            (words.t("QR-Code scannen und in Ihrer Sprache antworten"), language.tag, language.direction),
        ]
    assert texts[:-2] == wanted


@pytest.mark.parametrize("spoken", [list(languages()), ["de"], ["de", "ar"]])
def test_nothing_lies_above_another_or_outside_the_sheet(spoken: list[str]) -> None:
    found = drawn(spoken=spoken)
    inner = found.find(f"{SVG}svg")
    assert inner is not None
    x, y, width, height = (int(inner.get(k, "")) for k in ("x", "y", "width", "height"))
    lines = [(int(t.get("y", "")), int(t.get("font-size", ""))) for t in found.findall(f"{SVG}text")]
    assert all(above + 4 <= below - size for (above, _), (below, size) in pairwise(lines))
    assert lines[-3][0] + 4 <= y and y + height <= lines[-2][0] - lines[-2][1]
    assert width == height >= 200 and abs(2 * x + width - WIDTH) <= 1
    assert lines[-1][0] + 4 < HEIGHT


def test_ten_languages_are_large_enough_to_be_read_on_a_wall() -> None:
    sizes = [int(t.get("font-size", "")) for t in drawn().findall(f"{SVG}text")][1:-2]
    assert (len(languages()), set(sizes[::2]), set(sizes[1::2])) == (10, {14}, {11})


@pytest.mark.parametrize("commune", ['Bad <Muster> & "Söhne"', "</svg><script>alert(1)</script>", "عمّان"])
def test_a_commune_s_name_is_text_whatever_it_holds(commune: str) -> None:
    found = drawn(commune)
    shown = found.find(f"{SVG}text")
    assert shown is not None
    assert (shown.text, found.findtext(f"{SVG}title"), found.find(f".//{SVG}script")) == (commune, commune, None)


def test_the_same_poster_has_the_same_bytes() -> None:
    assert poster("A", LINK, CODE, NAME, ["de", "ar"]) == poster("A", LINK, CODE, NAME, ["de", "ar"])
