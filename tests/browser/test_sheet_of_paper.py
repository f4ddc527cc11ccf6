"""The sheet of paper in a real Chromium: no axe violation, printed on few pages of A4, no question torn over two."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from test_auswertung import ARGUMENTS
from test_printed import ASKED, survey, wanted

from bot.printed import sheet
from conversations.questionnaire import Kind, Voice
from locales import FSI, PDI

pytestmark = pytest.mark.browser

SHEETS = [("kurzform-1", Voice.SOCIETY, "de"), ("kurzform-1", Voice.SOCIETY, "ar"),
          ("kurzform-1", Voice.ADMINISTRATION, "tr"), ("dialog-1", Voice.SOCIETY, "zh_Hans")]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


def source(name: str, voice: Voice, code: str) -> str:
    return sheet(survey(ASKED[name]), ASKED[name], voice, code, None)


def pages(pdf: bytes) -> list[str]:
    """The text of every page, in the order in which it was drawn, without spaces."""
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True)
    return ["".join(page.split()) for page in done.stdout.decode().split("\f")[:-1]]


@pytest.mark.parametrize(("name", "voice", "code"), SHEETS)
def test_accessible_and_as_wide_as_the_paper(chromium: Browser, name: str, voice: Voice, code: str) -> None:
    page = chromium.new_page(viewport={"width": 718, "height": 1000})  # 190 mm
    page.set_content(source(name, voice, code))
    found = Axe().run(page)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))")
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).display != "inline")
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    box = page.evaluate("(b => b && [b.offsetWidth, b.offsetHeight])(document.querySelector('.box'))")
    page.close()
    assert [(v["id"], v["nodes"][0]["target"]) for v in found.response["violations"]] == []
    assert (levels[0], levels.count(1), max(after - before for before, after in pairwise(levels))) == (1, 1, 1)
    assert cut == []
    assert box in (None, [19, 19])  # 5 mm


@pytest.mark.parametrize(("name", "voice", "code"), SHEETS)
def test_printed_on_few_pages_with_their_number_and_the_survey_on_each(
    chromium: Browser, name: str, voice: Voice, code: str
) -> None:
    page = chromium.new_page()
    page.set_content(source(name, voice, code))
    pdf = page.pdf(prefer_css_page_size=True)  # as people print: without backgrounds
    page.close()
    assert set(re.findall(rb"/MediaBox \[([^\]]+)\]", pdf)) == {b"0 0 594.95996 841.91998"}  # A4
    found = pages(pdf)
    assert len(found) in ({3, 4} if name == "kurzform-1" else {2})
    foot = f"7k2mqp·{name}·{voice}·{code}·"
    assert [foot in one for one in found] == [True] * len(found)
    assert [f"{number}/{len(found)}" in one for number, one in enumerate(found, 1)] == [True] * len(found)


@pytest.mark.parametrize(("name", "voice"), [("kurzform-1", Voice.SOCIETY), ("kurzform-1", Voice.ADMINISTRATION),
                                             ("dialog-1", Voice.SOCIETY)])  # fmt: skip
def test_no_question_is_torn_over_two_pages(chromium: Browser, name: str, voice: Voice) -> None:
    page = chromium.new_page()
    page.set_content(source(name, voice, "de"))
    found = pages(page.pdf(prefer_css_page_size=True))
    page.close()
    asked = ["".join(one.split()).translate({ord(FSI): None, ord(PDI): None})
             for one in wanted(ASKED[name], voice, "de", Kind.CITY)]  # fmt: skip
    assert [sum(one in text for text in found) for one in asked] == [1] * len(asked)
    titles = ["".join(f"{f.id}{f.title}".split()) for f in ASKED[name].fields]
    for title in [*titles, "OffeneFragen"]:
        below = next(text.partition(title)[2] for text in found if title in text)
        assert any(one in below for one in asked)  # no heading stands alone at the foot of a page
