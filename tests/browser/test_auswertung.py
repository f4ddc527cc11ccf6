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

from declared_town import first_version, second_version
from runs import COMMUNE, first_run, second_run, statement
from samples import (
    DIALOG_STATEMENTS,
    STATEMENTS,
    closed_dialog,
    dialog,
    kurzform,
    selbstcheck,
    small,
    statement_of_a_city,
)
from samples import three_voices as release_of_three
from test_report import words_in

from reports.comparing import mirror_page, waves_page
from reports.html import html
from reports.sources import Source

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
    return html(statement_of_a_city().document, small(), words_in(code), "Dessau-Roßlau")


def town(code: str) -> str:
    """Eight offices and all a statement can hold; a hostile self-report, a comment, one of 10,000 characters."""
    return html(first_version().document, selbstcheck(), words_in(code), "Dessau-Roßlau")


def town_again(code: str) -> str:
    """The second version, with changes, beside staff and residents."""
    own = Source(COMMUNE, second_version().document, selbstcheck())
    return html(own.document, selbstcheck(), words_in(code), COMMUNE, beside=[first_run()])


def event(code: str) -> str:
    return html(closed_dialog().document, dialog(), words_in(code), "Jever", DIALOG_STATEMENTS)


def side_by_side(code: str) -> str:
    return mirror_page([statement(), first_run()], words_in(code))


def two_years_later(code: str) -> str:
    return waves_page(first_run(), second_run(), words_in(code))


def everything(code: str) -> str:
    own = second_run()
    return html(own.document, own.questionnaire, words_in(code), COMMUNE, beside=[statement()], since=first_run())


PAGES = {
    "three voices": three, "one institution": city, "a town": town,
    "a town again": town_again, "a dialogue": event, "a mirror": side_by_side,
    "two waves": two_years_later, "an Auswertung with both": everything,
}  # fmt: skip


@pytest.fixture(params=[360, 1100], ids=["phone", "desktop"])
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


@pytest.mark.parametrize("kind", ["three voices", "a town", "a town again", "a mirror", "two waves",
                                  "an Auswertung with both"])  # fmt: skip
def test_headings_do_not_skip_a_level(page: Page, kind: str) -> None:
    page.set_content(PAGES[kind]("de"))
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("code", ["de", "en", "ar"])
@pytest.mark.parametrize("kind", ["a mirror", "two waves"])
def test_on_a_small_telephone_no_word_of_a_drawing_touches_another(chromium: Browser, kind: str, code: str) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.set_content(PAGES[kind](code))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    touching = page.evaluate(
        """() => [...document.querySelectorAll(".dumbbell")].flatMap(drawing => {
            const frame = drawing.getBoundingClientRect();
            const words = [...drawing.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
            const cut = words.filter(([, a]) => a.left < frame.left - 1 || a.right > frame.right + 1);
            const met = words.flatMap(([x, a], i) => words.slice(i + 1)
                .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2)
                .map(([y]) => `${x} / ${y}`));
            return [...cut.map(([x]) => x), ...met];
        })"""
    )
    page.close()
    assert touching == []


@pytest.mark.parametrize("code", ["de", "ar"])
def test_captions_stand_above_their_tables_and_ids_where_reading_begins(page: Page, code: str) -> None:
    page.set_content(three(code))
    below = page.evaluate(
        """() => [...document.querySelectorAll("table")].filter(table => {
            const head = table.tHead.getBoundingClientRect();
            return head.height > 1 && table.caption.getBoundingClientRect().bottom > head.top + 1;
        }).map(table => table.caption.textContent)"""
    )
    indented = page.evaluate(
        """() => [...document.querySelectorAll(".bars p > .id")].filter(id => {
            const [own, line] = [id.getBoundingClientRect(), id.parentElement.getBoundingClientRect()];
            return Math.abs(document.dir === "rtl" ? line.right - own.right : own.left - line.left) > 1;
        }).map(id => id.textContent)"""
    )
    assert (below, indented) == ([], [])


@pytest.mark.parametrize("kind", ["a mirror", "two waves"])
def test_it_stays_paper_in_the_dark(chromium: Browser, kind: str) -> None:
    """Like the Auswertung: one look on screen and paper, so that every colour keeps its contrast."""
    shots = []
    for scheme in ("light", "dark"):
        page = chromium.new_page(viewport={"width": 360, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        page.set_content(PAGES[kind]("de"))
        shots.append(page.screenshot())
        page.close()
    assert shots[0] == shots[1]


@pytest.mark.parametrize("kind", ["three voices", "a town", "a mirror", "two waves"])
def test_it_prints_on_a4_in_a_small_file(chromium: Browser, kind: str) -> None:
    page = chromium.new_page()
    page.set_content(PAGES[kind]("de"))
    found = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    assert found.startswith(b"%PDF")
    assert len(found) < 1_500_000  # hatches are lines; as SVG patterns they made 34 MB


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(three("ar"))
    assert [url for url in asked if not url.startswith("about:")] == []
