"""Labels on a telephone that is 360 pixels wide, in a real Chromium: none is cut off, none wider than we reckon."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.checking import screens
from bot.labels import TYPE, room, width
from bot.standin.server import Standin, start
from bot.view import offered_in
from conversations.questionnaire import Questionnaire, load
from locales import languages

pytestmark = pytest.mark.browser

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PHONE = {"width": 360, "height": 740}
KEYS = """() => [...document.querySelectorAll(".row")].map((row) => [...row.querySelectorAll(".key")].map((key) => {
  const range = document.createRange();
  range.selectNodeContents(key);
  return [key.textContent, key.scrollWidth - key.clientWidth, range.getBoundingClientRect().width];
}))"""
SHAPE = """() => [...document.querySelectorAll(".row")].map((row) => [...row.querySelectorAll(".key")].map((key) => {
  const style = getComputedStyle(key);
  return key.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
}))"""
LONG = "Zuständigkeit für die Übertragung von Genehmigungen im Verkehr mit Grundstücken"

NOTO = 'body { font-family: "Noto Sans", "Noto Sans Arabic", "Noto Sans CJK SC", sans-serif !important; }'
"""With which letters it was measured; whatever else a machine has would be taken for the system's."""

Rows = tuple[tuple[str, ...], ...]


@pytest.fixture
async def standin() -> AsyncIterator[Standin]:
    standin = await start("4242:secret")
    standin.people.join("Miriam", id=1, language_code="de")
    standin.people.start(1, "WALD7")
    yield standin
    await standin.close()


@pytest.fixture
async def page(standin: Standin) -> AsyncIterator[Page]:
    """The chat page on the telephone, the chat open."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]
        await page.goto(f"{standin.page}#chat=1")
        await page.add_style_tag(content=NOTO)
        yield page
        await browser.close()


async def shown(standin: Standin, page: Page, rows: Rows) -> list[list[tuple[str, float, float]]]:
    """Per button of these rows, as the page shows them: its label, pixels that were cut off, pixels that it takes."""
    keyboard = [[{"text": label, "callback_data": "a"} for label in row] for row in rows]
    message = {"chat_id": 1, "text": "?", "reply_markup": {"inline_keyboard": keyboard}}
    await standin.telegram.call("sendMessage", message)
    await expect(page.locator(".key")).to_have_count(sum(map(len, rows)))
    found: Any = await page.evaluate(KEYS)
    return [[tuple(key) for key in row] for row in found]


def labels(code: str) -> Rows:
    """Every row of buttons that anybody can be shown in a language, each once."""

    def every(asked: Questionnaire) -> Iterator[tuple[str, ...]]:
        for voice in asked.voices:
            for _, view in screens(asked, code, voice):
                yield from (tuple(button.label for button in row) for row in view.rows)

    return tuple(dict.fromkeys(row for asked in load().values() if code in offered_in(asked) for row in every(asked)))


@pytest.mark.parametrize("code", languages())
async def test_no_label_is_cut_off_or_wider_than_reckoned(standin: Standin, page: Page, code: str) -> None:
    rows = labels(code)
    assert len(rows) > 40
    found = await shown(standin, page, rows)
    assert tuple(tuple(label for label, _, _ in row) for row in found) == rows
    assert [(label, cut) for row in found for label, cut, _ in row if cut] == []
    near = [(label, px) for row in found for label, _, px in row if px > room(len(row)) * 0.6]
    # how letters are hinted makes a hundredth and more, from machine to machine
    most = 4 / 3 if languages()[code].right_to_left else 7 / 6
    assert [(label, px, width(label)) for label, px in near if not px * 0.98 - 1 <= width(label) <= px * most] == []


async def test_there_is_as_much_room_as_reckoned(standin: Standin, page: Page) -> None:
    await shown(standin, page, (("ja",), ("ja", "nein"), ("ja", "nein", "so")))
    found = await page.evaluate(SHAPE)
    assert [[0 <= px - room(len(row)) < 5 for px in row] for row in found] == [[True] * n for n in (1, 2, 3)]
    size = await page.locator(".key").first.evaluate("(key) => getComputedStyle(key).fontSize")
    assert size == f"{TYPE}px"


async def test_what_is_too_long_is_cut_off_on_one_line(standin: Standin, page: Page) -> None:
    (((_, cut, _),), ((_, none, _),)) = await shown(standin, page, ((LONG,), ("ja",)))
    assert cut > 0 and none == 0
    heights = await page.locator(".key").evaluate_all("(keys) => keys.map((key) => key.offsetHeight)")
    assert heights[0] == heights[1]
