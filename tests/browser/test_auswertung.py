"""The Auswertung in a real Chromium: no axe violation, nothing wider than a phone, in both directions of writing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from samples import DIALOG_STATEMENTS, STATEMENTS, closed_dialog, dialog, kurzform, small, statement_of_a_city
from samples import three_voices as release_of_three
from test_report import words_in

from reports.html import html

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


def three(code: str) -> str:
    return html(release_of_three().document, kurzform(), words_in(code), "Wilhelmshaven", STATEMENTS)


def city(code: str) -> str:
    own: dict[str, list[str | None]] = {"1.m": ["Ein Satz.\n\nNoch einer."], "1.b": [None]}
    return html(statement_of_a_city().document, small(), words_in(code), "Dessau-Roßlau", own)


def event(code: str) -> str:
    return html(closed_dialog().document, dialog(), words_in(code), "Jever", DIALOG_STATEMENTS)


PAGES = {"three voices": three, "one institution": city, "a dialogue": event}


@pytest.fixture(params=[390, 1100], ids=["phone", "desktop"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    yield page
    page.close()


@pytest.mark.parametrize("code", ["de", "ar"])
@pytest.mark.parametrize("kind", PAGES)
def test_accessible_and_not_wider_than_the_screen(page: Page, kind: str, code: str) -> None:
    page.set_content(PAGES[kind](code))
    found = Axe().run(page)
    assert [(v["id"], v["nodes"][0]["target"]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    overflowing = page.evaluate(
        """() => [...document.querySelectorAll("main *, header *, nav *")]
            .filter(e => !e.closest("svg, thead"))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert overflowing == []


def test_axe_would_notice(page: Page) -> None:
    """The check itself: a page broken on purpose is reported."""
    source = three("de").replace('aria-labelledby="b-', 'data-was="').replace("<title id=", "<metadata data-id=")
    page.set_content(source.replace('<th scope="col" role="columnheader">', '<th role="nonsense">'))
    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert {"svg-img-alt", "aria-roles"} <= found


def test_headings_do_not_skip_a_level(page: Page) -> None:
    page.set_content(three("de"))
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_it_prints_on_a4_in_a_small_file(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(three("de"))
    found = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    assert found.startswith(b"%PDF")
    assert len(found) < 1_500_000  # hatches are lines; as SVG patterns they made 34 MB


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(three("ar"))
    assert [url for url in asked if not url.startswith("about:")] == []
