"""The chat page in a real Chromium: usable by keyboard and screen reader, in both directions, and never too wide."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, async_playwright, expect

from bot.standin.checking import Upload
from bot.standin.server import Standin, start
from locales import languages

pytestmark = pytest.mark.browser

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PHONE, DESK = (360, 740), (1100, 800)
WIDER = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width && !element.closest(".hidden") && (box.left < -0.5 || box.right > innerWidth + 0.5);
}).map((element) => element.outerHTML.slice(0, 120))"""
FAR_SIDE = """() => [...document.querySelectorAll("#commands b")].filter((word) => {
  const text = document.createRange();
  text.selectNodeContents(word);
  const own = text.getBoundingClientRect(), whole = word.parentElement.getBoundingClientRect();
  return document.dir === "rtl" ? whole.right - own.right > 16 : own.left - whole.left > 16;
}).map((word) => word.textContent)"""
ROOM = """() => { // how much room the name of the language has, and how much it takes
  const select = document.getElementById("language"), style = getComputedStyle(select);
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const pen = Object.assign(document.createElement("canvas").getContext("2d"), { font: style.font });
  return room - pen.measureText(select.selectedOptions[0].text).width;
}"""
LONG = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung" * 2

Opener = Callable[..., Awaitable[Page]]


def keyboard(*rows: list[str]) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": text, "callback_data": f"a:{text}"[:20]} for text in row] for row in rows]}


@pytest.fixture
async def standin() -> AsyncIterator[Standin]:
    standin = await start("4242:secret")
    call, people = standin.telegram.call, standin.people
    await call("setMyName", {"name": "weltoffen Dessau-Roßlau"})
    await call("setMyDescription", {"description": "Wie weltoffen ist unsere Verwaltung?"})
    await call("setMyCommands", {"commands": [{"command": "weiter", "description": "Weiter, wo ich war"}]})
    people.join("Miriam", id=1, last_name="Krüger", language_code="de")
    people.join("أمل", id=2, language_code="ar")
    people.join("Jürgen", id=3, language_code="de")
    people.join("Olena", id=4, language_code="uk")
    for user in (1, 2, 3):
        people.start(user, "WALD7")
    people.write(1, LONG)
    marks = keyboard(["Trifft zu"], ["Trifft eher zu"], ["Trifft nicht zu"], ["Weiß ich nicht", "Zurück", LONG])
    question = "<b>Feld 1 von 7, Frage 2 von 4</b>\n\nMehr dazu: https://example.org/hinweise."
    await call("sendMessage", {"chat_id": 1, "text": question, "parse_mode": "HTML", "reply_markup": marks})
    people.write(2, "يتحدثون الألمانية فقط في الغالب.")
    answers = keyboard(["ينطبق"], ["لا ينطبق"], ["رجوع", "لا أعرف"])
    await call("sendMessage", {"chat_id": 2, "text": "يعمل في إدارتنا أشخاص من أصول مهاجرة.", "reply_markup": answers})
    report = Upload("auswertung-dessau-rosslau-2026-endgueltig.html", "text/html", b"<h1>Bericht</h1>")
    await call("sendDocument", {"chat_id": 3, "document": report, "caption": "Ihr Bericht"})
    people.block(3)
    yield standin
    await standin.close()


@pytest.fixture
async def visit(standin: Standin) -> AsyncIterator[Opener]:
    """Opens the page at a size, a place and in a colour scheme; nothing may be fetched from elsewhere or fail."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    elsewhere: list[str] = []
    errors: list[str] = []

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)

        async def visit(size: tuple[int, int], place: str = "", scheme: Any = "light", language: str = "de") -> Page:
            width, height = size
            viewport: Any = {"width": width, "height": height}
            context = await browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
            page = await context.new_page()
            page.on("request", lambda call: None if call.url.startswith(standin.page) else elsewhere.append(call.url))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
            await page.goto(standin.page + place)
            await expect(page.locator("#chats li")).to_have_count(4)
            if language != "de":
                await page.evaluate("(chosen) => speak(chosen)", language)
            return page

        yield visit
        await browser.close()
    assert (elsewhere, errors) == ([], [])


async def sound(page: Page) -> None:
    """No violation, nothing beyond the edges of the window."""
    found = (await Axe().run(page)).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert await page.evaluate(WIDER) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK])
@pytest.mark.parametrize("language", ["de", "ar"])
async def test_every_screen_is_accessible_and_fits(visit: Opener, size: Any, scheme: str, language: str) -> None:
    for place in ("", "#chat=1", "#chat=2", "#chat=3", "#chat=4"):
        page = await visit(size, place, scheme, language)
        if place in ("#chat=1", "#chat=2"):
            await expect(page.locator(".key").first).to_be_visible()
        await sound(page)
        if place == "#chat=1":
            await page.locator("#slash").click()
            await expect(page.locator("#commands button")).to_be_focused()
            assert await page.evaluate(FAR_SIDE) == []
            await sound(page)
            await page.keyboard.press("Escape")
            await expect(page.locator("#slash")).to_be_focused()
            await page.locator("#more").click()
            await sound(page)
        if place == "":
            await page.locator("#join").click()
            await sound(page)
        await page.close()


async def test_a_question_is_answered_in_place(standin: Standin, visit: Opener) -> None:
    page = await visit(PHONE, "#chat=1")
    key = page.get_by_role("button", name="Trifft eher zu")
    await key.focus()
    before = await page.evaluate("document.getElementById('log').scrollTop")
    await page.keyboard.press("Enter")
    update = (await standin.telegram.call("getUpdates", {"offset": -1, "timeout": 10}))[0]
    query = update["callback_query"]
    assert (query["data"], query["from"]["id"]) == ("a:Trifft eher zu", 1)
    message = query["message"]["message_id"]
    marks = keyboard(["Ja"], ["Eher ja"], ["Nein"], ["Weiß ich nicht", "Zurück", LONG])
    text = "Feld 1 von 7, Frage 3 von 4\n\nMehr dazu: https://example.org/hinweise."
    edit = {"chat_id": 1, "message_id": message, "text": text, "reply_markup": marks}
    await standin.telegram.call("editMessageText", edit)
    await expect(page.get_by_role("button", name="Eher ja")).to_be_focused()
    assert await page.evaluate("document.getElementById('log').scrollTop") == before
    await standin.telegram.call("answerCallbackQuery", {"callback_query_id": query["id"], "text": "Gespeichert."})
    await expect(page.get_by_role("status")).to_have_text("Gespeichert.")
    await sound(page)
    await standin.telegram.call("deleteMessages", {"chat_id": 1, "message_ids": [message]})
    await expect(page.get_by_role("button", name="Eher ja")).to_have_count(0)
    await expect(page.get_by_role("log")).to_be_focused()
    press = standin.people.press(1, message, "a:late", forged=True)
    alert = {"callback_query_id": press.id, "text": "Die Umfrage ist geschlossen.", "show_alert": True}
    await standin.telegram.call("answerCallbackQuery", alert)
    await expect(page.get_by_role("dialog")).to_contain_text("Die Umfrage ist geschlossen.")
    await sound(page)


async def test_a_new_person_starts_with_a_code_and_writes(standin: Standin, visit: Opener) -> None:
    page = await visit(PHONE)
    await page.get_by_role("button", name="Neue Person").click()
    dialog = page.get_by_role("dialog", name="Neue Person")
    await dialog.get_by_label("Vorname").fill("Noor")
    await dialog.get_by_label("Sprache der App").select_option("ar")
    await dialog.get_by_label("Code").fill("WALD7")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log").locator(".text")).to_have_text(["/start WALD7"])
    user = standin.people.chat(int(page.url.partition("=")[2])).user
    assert (user.first_name, user.language_code) == ("Noor", "ar")
    await page.get_by_label("رسالة", exact=True).fill("Guten Tag")  # the page speaks as the app does
    await page.keyboard.press("Enter")
    await expect(page.locator(".user .text")).to_have_text(["/start WALD7", "Guten Tag"])
    texts = [update["message"]["text"] for update in await standin.telegram.call("getUpdates", {"offset": -2})]
    assert texts == ["/start WALD7", "Guten Tag"]
    await standin.telegram.call("sendMessage", {"chat_id": user.id, "text": "مرحبًا"})
    shown = page.locator(".bot .text")
    await expect(shown).to_have_text("مرحبًا")
    assert await shown.evaluate("(text) => getComputedStyle(text).direction") == "rtl"
    await page.get_by_role("link", name="العودة إلى القائمة").click()
    await expect(page.get_by_role("link", name="Noor")).to_be_focused()
    assert await page.locator("#chats .name").all_inner_texts() == ["Noor", "Miriam Krüger", "أمل", "Jürgen", "Olena"]


async def test_the_first_start_and_unread_marks(standin: Standin, visit: Opener) -> None:
    page = await visit(DESK, "#chat=4")
    await expect(page.get_by_role("heading", name="weltoffen Dessau-Roßlau")).to_be_visible()
    await expect(page.locator("#about")).to_have_text("Wie weltoffen ist unsere Verwaltung?")
    await page.get_by_role("button", name="Starten").click()
    await expect(page.locator(".user .text")).to_have_text(["/start"])
    await expect(page.locator("#chats li").nth(0).get_by_text("ungelesen")).to_be_attached()
    await page.get_by_role("link", name="Miriam Krüger").click()
    await expect(page.locator("#chats li").nth(0).locator(".mark")).to_be_hidden()
    await standin.telegram.call("sendMessage", {"chat_id": 4, "text": "Neues"})
    await expect(page.locator("#chats li").nth(3).locator(".mark")).to_be_visible()
    assert await page.title() == "Miriam Krüger – weltoffen"


async def test_documents_links_and_unblocking(standin: Standin, visit: Opener) -> None:
    page = await visit(PHONE, "#chat=3")
    link = page.get_by_role("link", name="auswertung-dessau-rosslau-2026-endgueltig.html")
    assert await link.get_attribute("href") == "/standin/files/BQAD00000001"
    await page.get_by_role("button", name="Bot nicht mehr blockieren").click()
    await expect(page.get_by_label("Nachricht", exact=True)).to_be_visible()
    assert standin.people.chat(3).blocked is False
    await page.goto(f"{standin.page}#chat=1")
    more = page.get_by_role("link", name="https://example.org/hinweise")
    assert await more.get_attribute("href") == "https://example.org/hinweise"
    assert await page.locator(".bot .text strong").inner_text() == "Feld 1 von 7, Frage 2 von 4"


async def test_the_page_speaks_every_language_of_the_bot(visit: Opener) -> None:
    page, words = await visit(DESK), {}
    for code in (*reversed(languages()), "de"):
        await page.locator("#language").select_option(code)
        root = await page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        words[code] = (*root, await page.locator("#people-title").inner_text(), await page.title())
    assert [words[code][:2] for code in languages()] == [(one.tag, one.direction) for one in languages().values()]
    assert (words["ar"], words["zh_Hans"], words["de"]) == (
        ("ar", "rtl", "المحادثات", "المحادثات – weltoffen"),
        ("zh-Hans", "ltr", "对话", "对话 – weltoffen"),
        ("de", "ltr", "Gespräche", "Gespräche – weltoffen"),
    )


async def test_every_language_fits_a_telephone(visit: Opener) -> None:
    page = await visit(PHONE)
    for place in ("", "#chat=1", "#chat=4"):
        await page.goto(f"{page.url.partition('#')[0]}{place}")
        for code in languages():
            await page.evaluate("(chosen) => speak(chosen)", code)
            assert place or await page.evaluate(ROOM) > -1, code
            for button, dialog in (("join", "join-dialog"), ("more", "more-dialog")):
                if not await page.locator(f"#{button}").is_visible():
                    continue
                await page.locator(f"#{button}").click()
                assert (code, await page.evaluate(WIDER)) == (code, [])
                await page.evaluate("(dialog) => document.getElementById(dialog).close()", dialog)
            assert (code, await page.evaluate(WIDER)) == (code, [])


async def test_the_page_speaks_as_the_app_of_a_new_person_does(visit: Opener) -> None:
    page, spoken = await visit(DESK, language="de@simple"), []
    for app in (None, "fa", "zh-hans", "pl"):
        await page.locator("#join").click()
        chosen = page.locator("#join-dialog select")
        before = await chosen.input_value()
        if app:
            await chosen.select_option(app)
        await page.locator("#join-dialog input").first.fill("Noor")
        await page.locator("#join-dialog .solid").click()
        await expect(page.locator("#chat-title")).to_have_text("Noor")
        await expect(page.locator("#chats li")).to_have_count(5 + len(spoken))
        spoken.append((before, app, await page.locator("#language").input_value()))
    assert spoken == [
        ("de", None, "de@simple"), ("de", "fa", "fa"), ("fa", "zh-hans", "zh_Hans"), ("zh-hans", "pl", "zh_Hans")
    ]  # fmt: skip
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


async def test_a_day_is_one_of_our_calendar_in_every_language(visit: Opener) -> None:
    page = await visit(PHONE, language="fa")
    written = await page.evaluate("[day(1_800_000_000), /^[0-2][0-9]:[0-5][0-9]$/.test(clock(1_800_000_000))]")
    assert written == ["جمعه 15 ژانویه", True]


async def test_where_a_keyboard_takes_room_the_end_of_the_chat_stays_in_sight(visit: Opener) -> None:
    page = await visit(PHONE, "#chat=1")
    last = page.locator(".row").last
    await expect(last).to_be_in_viewport(ratio=1)
    await page.set_viewport_size({"width": 360, "height": 420})
    await expect(last).to_be_in_viewport(ratio=1)
    await expect(page.locator("#down")).to_be_hidden()
