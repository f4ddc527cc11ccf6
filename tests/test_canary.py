"""What must not leak is put in where it could: no name, number, token or word is found where it does not belong."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import CANARIES, PHONE, Chat, House

import bot.telegram.fold as fold
from bot import organising
from bot.closing import close
from bot.communes import TEMPLATE
from bot.identity import hashed
from bot.logs import Discreet
from bot.organising import letter_text
from bot.standin.faults import Fault, Kind
from bot.standin.server import start
from bot.telegram.account import library_bot
from bot.telegram.calls import Calls
from bot.telegram.courier import Courier
from bot.telegram.letters import Letters
from conversations import conversation as c
from conversations.conversation import Conversation
from conversations.questionnaire import Voice, load
from conversations.store import figures, organisers
from locales import catalogue, languages
from reports.html import html
from reports.machine import as_json
from reports.release import read

ROOT = Path(__file__).parent.parent
QUESTIONNAIRES = load()
KURZFORM = QUESTIONNAIRES["kurzform-1"]
SECRET = "AAKanarientokenKanarientokenKanarienX"
TOKEN = f"987654321:{SECRET}"
USER = 5_987_654_321
PEOPLE = [*CANARIES.values(), "Kanarienkontakt", PHONE, PHONE[1:], str(USER), SECRET]  # are never held, nor written
SAID = ["Kanarienaussage", "Kanarienantwort", "Kanarienunterschrift", "Kanarienausnahme", "KANARENC"]  # nor written
CONTACT = {"contact": {"phone_number": PHONE, "first_name": "Kanarienkontakt", "user_id": USER}}
PHOTO = {"photo": [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}], "caption": "Kanarienunterschrift"}


@dataclass
class Log:
    """What would be written to standard error, and what there was to be written."""

    written: io.StringIO = field(default_factory=io.StringIO)
    raw: io.StringIO = field(default_factory=io.StringIO)


@pytest.fixture
def log() -> Iterator[Log]:
    """All that is logged from DEBUG on, through our filter and beside it."""
    found, root = Log(), logging.getLogger()
    handlers = [logging.StreamHandler(found.raw), logging.StreamHandler(found.written)]  # in this order: ours cleans
    handlers[1].addFilter(Discreet())
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
    yield found
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def leaks(text: str | bytes, canaries: list[str]) -> list[str]:
    """The canaries in a text."""
    held = text if isinstance(text, bytes) else text.encode()
    numbers = [USER.to_bytes(n, "big") for n in (5, 6, 8)]
    assert isinstance(text, str) or not any(n in held for n in numbers)
    return [canary for canary in canaries if canary.encode() in held]


async def everything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole conversation, with all that can be sent, an update that raises and one that cannot be read."""
    chat = house.chat(USER)
    await chat.write("KANA RENC")
    await chat.write("Guten Tag, Kanarienantwort")
    await chat.enter(house.survey.codes[Voice.SOCIETY])
    await chat.write("Kanarienantwort")
    for more in (CONTACT, PHOTO):
        await chat.write(**more)
    await chat.press("aaaaaa:1:Kanarienantwort")

    def broken(questionnaire: Any, conversation: Conversation, act: c.Act) -> c.Turn:
        raise RuntimeError(f"Kanarienausnahme {act}")

    with monkeypatch.context() as patch:
        patch.setattr(fold, "advance", broken)
        await chat.write("Kanarienaussage")
    await chat.hand(chat.update(message={"message_id": "Kanarienausnahme", "contact": CONTACT, "from": chat.person}))
    await chat.answer(*["ja"] * 34)
    await chat.write("Kanarienaussage")
    await chat.tap("fertig")
    await chat.write("/mydata")
    await chat.hand_in()
    await chat.tap("Ergebnis zuschicken lassen")


async def others(house: House) -> None:
    """Five more people, and an organiser who gets letters."""
    until = int(house.clock()) + 99
    await house.store.write(lambda tx: organisers.invite(tx, hashed("kanarieneinladung"), 1, until))
    await house.chat(USER + 1).write("/start org-kanarieneinladung")
    for number in range(5):
        chat: Chat = house.chat(USER + 2 + number)
        await chat.enter(house.survey.codes[Voice.SOCIETY])
        await chat.hand_in("nein")
    await house.chat(USER + 9).enter(house.survey.codes[Voice.SOCIETY])


async def test_no_canary_reaches_database_log_report_or_digest(
    house: House, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everything(house, monkeypatch)
    await others(house)
    await house.store.write(lambda tx: close(tx, house.survey, KURZFORM, house.clock.moment))
    assert (leaks(house.bytes(), PEOPLE), leaks(house.bytes(), SAID)) == ([], ["Kanarienaussage"])
    written = log.written.getvalue()
    assert [error for (error,) in await house.rows("SELECT error FROM trouble")] == ["RuntimeError", "KeyError"]
    assert "set aside (RuntimeError at " in written and "cannot be read (KeyError)" in written
    assert (leaks(written, PEOPLE), leaks(written, SAID)) == ([], [])
    kept = await house.store.read(lambda tx: figures.newest_release(tx, "aaaaaa"))
    assert kept is not None
    document = read(kept.document, KURZFORM).document
    statements = await house.store.read(lambda tx: organising.quoted(tx, house.survey, document))
    shown = [as_json(document, KURZFORM).decode()]
    for code in languages():
        words = catalogue(code)
        shown.append(html(document, KURZFORM, words, house.survey.commune.name, statements))
        shown.append(
            await house.store.read(lambda tx, w=words: organising.digest_text(tx, house.survey, KURZFORM, w))  # type: ignore[misc]
        )
    names = [c.respondent for c in await house.chat(USER).conversations()]
    assert [leaks(text, [*PEOPLE, *SAID, *names]) for text in shown] == [[]] * (1 + 2 * len(languages()))


async def test_no_canary_is_logged_while_letters_and_screens_go_out(house: House, log: Log) -> None:
    standin = await start(TOKEN, clock=house.clock)
    async with Calls(TOKEN, standin.url) as calls:
        courier, chat = Courier(calls, house.store, house.key, house.clock), house.chat(USER)
        standin.people.join("Kanarienvorname", id=USER, last_name="Kanariennachname", username="kanarienkonto")
        standin.people.chat(USER).started = True
        await library_bot(calls).send_message(USER, "Kanarienantwort")  # which the library logs whole
        standin.faults.set([Fault(kind, times=1) for kind in (Kind.LOST_BEFORE, Kind.SERVER_ERROR)])
        await chat.enter(house.survey.codes[Voice.SOCIETY])
        for text in ("Kanarienantwort", "/help", "/summary"):
            courier.take((await chat.write(text)).outcome)
        courier.take((await chat.press("aaaaaa:1:Kanarienantwort")).outcome)
        await house.store.write(lambda tx: close(tx, house.survey, KURZFORM, house.clock.moment))
        letters = Letters(
            calls,
            house.store,
            house.key,
            courier.noted,
            courier.pacer,
            lambda tx, x: letter_text(tx, x, QUESTIONNAIRES),
        )
        while await letters.deliver():
            pass
        await courier.close(5)
    await standin.close()
    assert (letters.delivered, "is tried again" in log.written.getvalue()) == (1, True)
    assert leaks(log.raw.getvalue(), [str(USER)]) == [str(USER)]  # there was something that could leak
    assert leaks(log.written.getvalue(), [*PEOPLE, *SAID]) == []
    assert leaks(house.bytes(), PEOPLE) == []


def test_the_filter_lets_no_token_and_no_foreign_word_through(log: Log) -> None:
    ours, theirs = logging.getLogger("weltoffen.x"), logging.getLogger("httpx")
    ours.info("https://api.telegram.org/bot%s/getMe said %s", TOKEN, "no")
    ours.warning(f"token {TOKEN}!")
    theirs.info(f'HTTP Request: POST https://api.telegram.org/bot{TOKEN}/getMe "HTTP/1.1 200 OK"')
    logging.getLogger("telegram.ext.Updater").error("Kanarienaussage %s", TOKEN, stack_info=True)
    try:
        raise ValueError(f"Kanarienausnahme {TOKEN}")
    except ValueError:
        ours.exception("it failed")
        theirs.exception("Kanarienantwort")
    lines = log.written.getvalue().splitlines()
    assert [line.partition(" at line ")[0] for line in lines] == [
        "INFO weltoffen.x: https://api.telegram.org[token]getMe said no",
        "WARNING weltoffen.x: token [token]!",
        "ERROR telegram.ext.Updater: telegram.ext.Updater: error",
        "ERROR weltoffen.x: it failed (ValueError)",
        "ERROR httpx: httpx: error",
    ]


# ---- the real process -------------------------------------------------------------------------------------------


async def test_the_real_process_writes_and_keeps_no_canary(tmp_path: Path) -> None:
    standin = await start(TOKEN)
    environment = os.environ | {
        "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": standin.url, "PYTHONPATH": str(ROOT),
        "WELTOFFEN_DATABASE": str(tmp_path / "w.db"), "WELTOFFEN_KEY_FILE": str(tmp_path / "w.key"),
    }  # fmt: skip
    (tmp_path / "stadt.toml").write_text(TEMPLATE, "utf-8")

    async def command(*words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *words, env=environment, cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip

    opening = await command("survey", "open", "dialog", "--commune", "stadt.toml", "--voice", "society", "--yes")
    code = (await opening.communicate())[0].decode().partition("code ")[2][:8]
    process = await command("run", "--log", "DEBUG")
    user = standin.people.join("Kanarienvorname", id=USER, last_name="Kanariennachname", username="kanarienkonto").id

    async def until(text: str) -> dict[str, Any]:
        """The newest message, as soon as it says this."""
        while True:
            messages = [m for m in standin.people.chat(user).view["messages"] if m["from"] == "bot"]
            if messages and text in messages[-1]["text"]:
                return dict(messages[-1])
            await asyncio.sleep(0.02)

    def press(message: dict[str, Any]) -> None:
        standin.people.press(user, message["message_id"], message["keyboard"][0][0]["data"])

    standin.faults.set([Fault(Kind.SERVER_ERROR, "sendMessage", times=1), Fault(Kind.LOST_BEFORE, "getMe", times=1)])
    try:
        async with asyncio.timeout(60):
            standin.people.start(user, code)
            press(await until("Sprache"))
            press(await until("Wer fragt"))
            await until("Frage 1 von 3")
            standin.people.send(user, CONTACT)
            await until("Ich kann nur Text lesen")
            standin.people.send(user, {"contact": "Kanarienausnahme"})  # of no form that Telegram knows
            standin.people.press(user, 1, "Kanarienantwort", forged=True)
            standin.people.write(user, "Kanarienaussage")
            await until("Notiert: 1 Beitrag")
            while not standin.telegram.profile.view(None, None)["commands"]:
                await asyncio.sleep(0.02)
        held = b"".join(p.read_bytes() for p in tmp_path.glob("w.db*"))
        process.terminate()
        log = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
        await standin.close()
    assert process.returncode == 0
    assert [w for w in ("Telegram does not answer", "running as @") if w not in log] == []
    assert leaks(log, [*PEOPLE, *SAID]) == []
    assert (leaks(held, PEOPLE), leaks(held, SAID)) == ([], ["Kanarienaussage"])
