"""Chats come to show what is kept, whatever goes wrong on the way: the real Bot against our stand-in, over HTTP."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import DELETE, House, opened_survey

from bot.buttons import Consent, before
from bot.identity import new_id
from bot.standin.faults import Fault, Kind
from bot.standin.server import Standin, start
from bot.telegram import calls
from bot.telegram.calls import Calls
from bot.telegram.courier import Courier
from bot.telegram.letters import PUSHES, Letters
from bot.telegram.outcome import Passing
from bot.telegram.reshow import behind, farewells, reshow
from bot.view import View, view
from bot.words import PLAIN, Plain
from conversations.questionnaire import Voice, load
from conversations.store import post
from conversations.store.post import Address, Letter

TOKEN = "4242:kanarientoken-kanarientoken-kanarien"
QUESTIONNAIRES = load()
KURZFORM = QUESTIONNAIRES["kurzform-1"]
SOCIETY = Voice.SOCIETY
HOUR = 3600


@dataclass
class Street:
    """The stand-in and a bot in one process: people act at the stand-in, `pump` carries it to the house and back."""

    house: House
    standin: Standin
    api: Calls
    courier: Courier
    offset: int = 0

    def resident(self, name: str = "Kanarie") -> int:
        """A new person."""
        return self.standin.people.join(name, language_code="de").id

    async def guest(self, code: str | None = None) -> int:
        """A new person who has consented and sees the first question."""
        user = self.resident()
        self.standin.people.start(user, code or self.house.survey.codes[SOCIETY])
        await self.settle()
        await self.tap(user, "Deutsch")
        await self.tap(user, "Ich habe das gelesen und mache mit")
        return user

    async def pump(self) -> None:
        """Everything that happened, as one batch; what follows is on its way."""
        batch: list[dict[str, Any]] = await self.standin.telegram.call("getUpdates", {"offset": self.offset})
        if batch:
            self.offset = max(raw["update_id"] for raw in batch) + 1
            shown = self.courier.noted.edits()
            outcome = await self.house.receiver.handle(batch, shown)
            self.courier.noted.edits_kept(shown)
            self.courier.take(outcome)

    async def settle(self) -> None:
        """Carries everything there and back, until nothing is under way and all of it is noted."""
        await self.pump()
        while self.courier._tasks:
            await asyncio.wait(self.courier._tasks)
        await self.courier.noted.write()
        shown = self.courier.noted.edits()
        await self.house.receiver.handle([], shown)
        self.courier.noted.edits_kept(shown)

    async def tap(self, user: int, label: str) -> None:
        """Presses the newest button with this label, a second after the last one."""
        self.house.clock.now += 1
        self.press(user, label)
        await self.settle()

    def press(self, user: int, label: str) -> None:
        """Presses the newest button with this label; nobody has heard of it yet."""
        for message in reversed(self.chat(user)):
            for row in message["keyboard"]:
                for button in row:
                    if button["text"] == label:
                        self.standin.people.press(user, message["message_id"], button["data"])
                        return
        raise LookupError(label)

    async def write(self, user: int, text: str) -> None:
        """Writes a text, and waits for what follows."""
        self.standin.people.write(user, text)
        await self.settle()

    def chat(self, user: int) -> list[dict[str, Any]]:
        """The messages a person sees."""
        view: dict[str, Any] = self.standin.people.chat(user).view
        return [m for m in view["messages"] if not m["deleted"]]

    def said(self, user: int) -> list[str]:
        """The texts a person sees from the bot."""
        return [m["text"] for m in self.chat(user) if m["from"] == "bot"]

    def live(self, user: int) -> list[int]:
        """Where in the chat there are buttons: the numbers of these messages, counted from the end."""
        messages = self.chat(user)
        return [i - len(messages) for i, m in enumerate(messages) if m["keyboard"]]

    async def asked(self, user: int) -> str:
        """The text that the store says should be shown."""
        (found,) = [c for c in await self.house.chat(user).conversations() if c.active]
        return view(self.house.survey, KURZFORM, found).text

    def calls(self, method: str) -> list[tuple[int | None, int]]:
        """Chat and status of the calls of a method, since the last look."""
        found = [(c.chat, c.status) for c in self.standin.api.calls if c.method == method]
        self.standin.api.calls.clear()
        return found

    def trouble(self, kind: Kind, method: str, **more: Any) -> None:
        """From now on this goes wrong, and nothing else."""
        self.standin.faults.set([Fault(kind, method, **more)])

    def restart(self) -> None:
        """Another courier that remembers nothing; the old one is gone as after a kill."""
        for task in list(self.courier._tasks):
            task.cancel()
        self.courier = Courier(self.api, self.house.store, self.house.key, self.house.clock)

    async def reshow(self, everybody: bool = False) -> int:
        """What the process does at its start."""
        now = self.house.clock()
        await farewells(self.house.store, self.house.key, self.courier)
        return sum([
            await reshow(
                self.house.store, self.house.key, QUESTIONNAIRES, self.courier, some, now=now, everybody=everybody
            )
            for some in await behind(self.house.store, everybody=everybody)
        ])  # fmt: skip


@pytest.fixture
async def street(house: House) -> AsyncIterator[Street]:
    """A street with nobody in it."""
    standin = await start(TOKEN, clock=house.clock)
    async with Calls(TOKEN, standin.url) as api:
        found = Street(house, standin, api, Courier(api, house.store, house.key, house.clock))
        yield found
        await found.courier.close(0)
    await standin.close()


# ---- screens ----------------------------------------------------------------------------------------------------


async def test_the_next_question_takes_the_place_of_the_last(street: Street) -> None:
    user = await street.guest()
    before = street.chat(user)
    await street.tap(user, "eher ja")
    after = street.chat(user)
    assert [m["message_id"] for m in after] == [m["message_id"] for m in before]
    assert (after[-1]["text"], after[-1]["edited"], street.live(user)) == (await street.asked(user), 1, [-1])
    assert await street.house.rows("SELECT message, old FROM screen") == [(after[-1]["message_id"], None)]


async def test_after_a_text_the_question_comes_anew_and_only_its_buttons_live(street: Street) -> None:
    user = await street.guest()
    await street.tap(user, "ja")
    await street.write(user, "Das ist schwer zu sagen.")
    await street.write(user, "3")
    assert street.chat(user)[-1]["text"].endswith(await street.asked(user))
    assert (street.live(user), len(street.said(user))) == ([-1], 4)
    await street.tap(user, "nein")
    assert (street.live(user), street.said(user)[-1]) == ([-1], await street.asked(user))


async def test_a_text_written_while_old_buttons_are_being_removed_leaves_one_keyboard(street: Street) -> None:
    user = await street.guest()
    street.calls("")
    street.trouble(Kind.LATENCY, "editMessageReplyMarkup", milliseconds=150, times=1)
    street.standin.people.write(user, "erstens")
    await street.pump()
    while not any(f["struck"] for f in street.standin.faults.view):
        await asyncio.sleep(0.01)
    await street.write(user, "zweitens")
    await street.tap(user, "ja")
    assert (street.live(user), street.calls("editMessageReplyMarkup")) == ([-1], [(user, 200)] * 2)


async def test_rapid_taps_collapse_into_two_calls(street: Street) -> None:
    user = await street.guest()
    name = (await street.house.chat(user).kept()).respondent
    street.calls("")
    street.trouble(Kind.LATENCY, "editMessageText", milliseconds=800, times=1)
    for number, question in enumerate(KURZFORM.questions[:12], 1):
        street.house.clock.now += 1
        message = street.chat(user)[-1]["message_id"]
        data = f"aaaaaa:1:r:{question.id}:{number}:2"
        street.standin.people.press(user, message, data, forged=True)  # faster than the screen
        await street.pump()
    await street.settle()
    assert street.calls("editMessageText") == [(user, 200), (user, 200)]
    assert street.said(user)[-1] == await street.asked(user)
    assert await street.house.rows("SELECT shown FROM screen WHERE respondent = ?", name) == [(13,)]


async def test_a_screen_that_is_shown_already_counts_as_shown(street: Street) -> None:
    user = await street.guest()
    street.house.clock.now += 1
    street.press(user, "ja")
    edited = street.courier.counts["edited"]
    await street.pump()
    while street.courier.counts["edited"] == edited:
        await asyncio.sleep(0.01)
    street.restart()  # killed after the edit, before it was noted
    before = street.chat(user)
    street.calls("")
    assert await street.reshow() == 1
    await street.settle()
    assert (street.calls("editMessageText"), street.chat(user)) == ([(user, 400)], before)
    street.restart()
    assert await street.reshow() == 0


async def test_a_message_that_was_deleted_is_sent_anew(street: Street) -> None:
    user = await street.guest()
    chat = street.standin.people.chat(user)
    last = max(chat.messages)
    street.standin.chats.keep(user, chat.messages[last].gone)
    street.standin.people.press(user, last, "aaaaaa:1:r:1.1:1:1", forged=True)
    await street.settle()
    assert (street.said(user)[-1], street.live(user)) == (await street.asked(user), [-1])
    assert street.chat(user)[-1]["message_id"] > last


async def test_after_a_kill_between_sending_and_stripping_the_old_buttons_go(street: Street) -> None:
    user = await street.guest()
    street.trouble(Kind.LATENCY, "editMessageReplyMarkup", milliseconds=60_000)
    street.standin.people.write(user, "Das ist schwer zu sagen.")
    await street.pump()
    while not any(f["struck"] for f in street.standin.faults.view):
        await asyncio.sleep(0.01)
    await street.courier.noted.write()
    assert street.live(user) == [-3, -1]
    street.restart()
    street.standin.faults.set([])
    await street.reshow()
    await street.settle()
    assert street.live(user) == [-1]
    await street.pump()
    street.restart()
    assert await street.reshow() == 0


async def test_after_an_outage_every_open_question_comes_anew(street: Street) -> None:
    asked, paused = await street.guest(), await street.guest()
    await street.write(paused, "/pause")
    before = {user: len(street.chat(user)) for user in (asked, paused)}
    street.restart()
    assert await street.reshow(everybody=True) == 1
    await street.settle()
    assert {user: len(street.chat(user)) for user in before} == {asked: before[asked] + 1, paused: before[paused]}
    assert (street.live(asked), street.said(asked)[-1]) == ([-1], await street.asked(asked))


async def test_after_an_outage_nobody_is_shown_a_question_that_was_answered_meanwhile(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = {(await street.house.chat(user).kept()).respondent: user for user in [await street.guest() for _ in "ab"]}
    street.restart()
    monkeypatch.setattr("bot.telegram.reshow.PUSHES", 1)
    first, second = await behind(street.house.store, everybody=True)
    house, now = street.house, street.house.clock()
    await reshow(house.store, house.key, QUESTIONNAIRES, street.courier, first, now=now, everybody=True)
    await street.settle()
    (user,) = [users[r] for r in second]
    await street.tap(user, "ja")
    street.courier._chats.clear()  # as in a town in which many are answered
    await reshow(house.store, house.key, QUESTIONNAIRES, street.courier, second, now=now, everybody=True)
    await street.settle()
    assert "Frage 2 von" in street.said(user)[-1]
    assert (street.said(user)[-1], street.live(user)) == (await street.asked(user), [-1])


# ---- when Telegram says no --------------------------------------------------------------------------------------


async def test_a_pause_that_telegram_wants_is_kept_for_that_chat_alone(street: Street) -> None:
    slow, quick = await street.guest(), await street.guest()
    street.calls("")
    street.trouble(Kind.TOO_MANY, "editMessageText", chats=(slow,), times=1, retry_after=1)
    street.house.clock.now += 1
    street.press(slow, "ja")
    street.press(quick, "nein")
    await street.settle()
    calls = street.calls("editMessageText")
    assert (set(calls[:2]), calls[2:]) == ({(slow, 429), (quick, 200)}, [(slow, 200)])
    held = {street.house.key.unseal(s, o): n for o, s, n in await street.house.rows(
        "SELECT owner, sealed, not_before FROM address")}  # fmt: skip
    assert held == {slow: int(street.house.clock()) + 2, quick: 0}


async def test_a_pause_that_telegram_wants_outlives_a_restart(street: Street) -> None:
    slow, quick = await street.guest(), await street.guest()
    street.trouble(Kind.TOO_MANY, "editMessageText", times=1, retry_after=HOUR)
    street.house.clock.now += 1
    street.press(slow, "ja")
    await street.pump()
    while not street.courier.noted.held:
        await asyncio.sleep(0.01)
    await street.courier.noted.write()
    street.restart()
    street.house.clock.now += 1
    street.press(quick, "nein")
    await street.pump()
    street.restart()
    street.calls("")
    assert await street.reshow() == 2
    while not street.courier.counts["edited"]:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert {c.chat for c in street.standin.api.calls} == {quick}
    street.house.clock.now += HOUR
    street.restart()
    await street.reshow()
    await street.settle()
    assert street.said(slow)[-1] == await street.asked(slow)


@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.LOST_BEFORE, Kind.LOST_AFTER])
async def test_what_telegram_did_not_confirm_is_tried_again(street: Street, kind: Kind) -> None:
    user = await street.guest()
    street.trouble(kind, "editMessageText", times=1)
    await street.tap(user, "ja")
    assert (street.said(user)[-1], street.live(user)) == (await street.asked(user), [-1])


@pytest.mark.parametrize(
    ("kind", "most"), [(Kind.SERVER_ERROR, 1), (Kind.LOST_BEFORE, 1), (Kind.LOST_AFTER, 2)]
)  # fmt: skip
async def test_a_message_whose_sending_is_in_doubt_comes_twice_at_most(street: Street, kind: Kind, most: int) -> None:
    user = await street.guest()
    before = len(street.said(user))
    street.trouble(kind, "sendMessage", times=1)
    await street.write(user, "2")
    assert len(street.said(user)) - before == most
    assert street.said(user)[-1].endswith(await street.asked(user))


async def test_who_has_blocked_the_bot_is_parked_and_not_tried_again(street: Street) -> None:
    user, other = await street.guest(), await street.guest()
    name = (await street.house.chat(user).kept()).respondent
    letter = Letter(0, name, "aaaaaa", "x", "de", 2**40)
    street.press(user, "ja")
    street.standin.people.block(user)
    updates = street.standin.telegram._updates
    street.house.clock.now += 1
    updates._queue = [u for u in updates._queue if u.kind != "my_chat_member"]  # this piece of news got lost
    street.calls("")
    await street.settle()
    await street.house.store.write(lambda tx: post.post(tx, [letter]))
    await deliver(street)  # there is nothing to do
    assert street.calls("editMessageText") == [(user, 403)]
    assert await street.house.rows("SELECT blocked FROM address WHERE owner = ?", name) == [(1,)]
    assert (street.courier.counts["blocked"], await street.house.counts("letter")) == (1, {"letter": 1})
    await street.tap(other, "ja")
    assert street.said(other)[-1] == await street.asked(other)
    street.standin.people.start(user)
    await street.settle()
    await deliver(street)
    assert (street.said(user)[-1], await street.house.counts("letter")) == (f"x für {name}", {"letter": 0})
    assert await street.asked(user) in street.said(user)


# ---- words ------------------------------------------------------------------------------------------------------


async def test_every_press_is_answered_once_and_one_that_is_too_old_harms_nothing(street: Street) -> None:
    user = await street.guest()
    old = street.chat(user)[-1]
    street.house.clock.now += 1
    for _ in range(2):
        street.press(user, "ja")
    await street.settle()
    assert street.calls("answerCallbackQuery") == [(user, 200)] * 4  # language, consent, and both presses
    assert street.standin.people.chat(user).toasts[0]["text"] == "Schon notiert: \u2068ja\u2069"
    street.standin.people.press(user, old["message_id"], "aaaaaa:1:r:1.2:2:1", forged=True)
    batch = await street.standin.telegram.call("getUpdates", {"offset": street.offset})
    outcome = await street.house.receiver.handle(batch)
    street.house.clock.now += 151
    street.calls("")
    street.courier.take(outcome)
    await street.settle()
    assert street.calls("answerCallbackQuery") == [(user, 400)]
    assert street.said(user)[-1] == await street.asked(user)


# ---- deletion ---------------------------------------------------------------------------------------------------


async def test_a_deletion_removes_the_messages_and_then_says_so(street: Street) -> None:
    user = await street.guest()
    await street.tap(user, "ja")
    for text in ("Das ist schwer zu sagen.", "/mydata", "/summary", "/delete"):
        await street.write(user, text)
    await street.tap(user, DELETE)
    assert street.said(user)[1:] == [] and street.said(user) == [PLAIN[Plain.DELETED]]
    assert [m["text"] for m in street.chat(user) if m["from"] == "user"] == [
        f"/start {street.house.survey.codes[SOCIETY]}"
    ]
    assert await street.house.counts("conversation", "address", "message") == {
        "conversation": 0, "address": 0, "message": 0,
    }  # fmt: skip


async def test_a_message_too_old_to_be_removed_does_not_save_the_others(street: Street) -> None:
    user = await street.guest()
    await street.write(user, "Das ist schwer zu sagen.")
    old = len(street.chat(user))
    street.house.clock.now += 48 * HOUR
    await street.write(user, "/mydata")
    await street.write(user, "/delete")
    await street.tap(user, DELETE)
    assert (len(street.chat(user)), street.said(user)[-1]) == (old + 1, PLAIN[Plain.DELETED])


async def test_a_deletion_is_confirmed_after_a_kill_too(street: Street) -> None:
    user = await street.guest()
    await street.write(user, "/delete")
    street.press(user, DELETE)
    batch = await street.standin.telegram.call("getUpdates", {"offset": street.offset})
    await street.house.receiver.handle(batch)  # kept, and then the process is killed
    street.restart()
    await street.reshow()
    await street.settle()
    assert street.said(user) == [PLAIN[Plain.DELETED]]
    assert await street.house.counts("farewell") == {"farewell": 0}
    street.restart()
    await street.reshow()
    assert not street.courier._tasks


async def test_a_deletion_is_not_confirmed_before_nothing_is_left_in_the_file(street: Street) -> None:
    user = await street.guest()
    await street.write(user, "/delete")
    name = (await street.house.chat(user).kept()).respondent
    reader = sqlite3.connect(street.house.store.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM conversation").fetchone()
    street.press(user, DELETE)
    await street.pump()
    await asyncio.sleep(0.3)
    early = street.said(user)
    reader.close()
    await street.settle()
    assert (PLAIN[Plain.DELETED] in early, street.said(user)[-1]) == (False, PLAIN[Plain.DELETED])
    assert name.encode() not in street.house.bytes()


async def test_a_message_that_was_on_its_way_while_the_deletion_was_kept_goes_too(street: Street) -> None:
    user = await street.guest()
    await street.write(user, "/delete")
    slow = {"milliseconds": 150, "times": 1}
    street.standin.faults.set(
        [Fault(Kind.LATENCY, m, **slow) for m in ("sendMessage", "editMessageReplyMarkup")]  # type: ignore[arg-type]
    )
    notes = asyncio.create_task(street.courier.noted.run())
    street.standin.people.write(user, "Wirklich alles?")
    await street.pump()
    while not any(f["struck"] for f in street.standin.faults.view):
        await asyncio.sleep(0.01)
    street.press(user, DELETE)
    await street.settle()
    notes.cancel()
    assert street.said(user) == [PLAIN[Plain.DELETED]]


async def test_a_confirmed_deletion_that_cannot_be_noted_yet_holds_nothing_up(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await street.guest()
    await street.write(user, "/delete")
    street.press(user, DELETE)
    await street.pump()
    street.courier.say(Passing(user, View("Danach")))
    with monkeypatch.context() as broken:
        broken.setattr(street.house.store, "write", full)
        while street.courier._tasks:
            await asyncio.wait(street.courier._tasks)
    assert street.said(user) == [PLAIN[Plain.DELETED], "Danach"]
    await street.settle()
    assert await street.house.counts("farewell") == {"farewell": 0}


async def test_who_deletes_and_begins_anew_in_one_batch_sees_both_in_order(street: Street) -> None:
    user = await street.guest()
    notice = (await street.house.chat(user).kept()).notice
    code = street.house.survey.codes[SOCIETY]
    await street.write(user, "/mydata")
    await street.write(user, "/delete")
    message = street.chat(user)[-1]["message_id"]
    street.standin.people.write(user, "/privacy")
    street.press(user, DELETE)
    street.standin.people.write(user, code)
    street.standin.people.press(user, message, before(Consent(code, "de", 1, notice)), forged=True)
    await street.settle()
    said = [text.splitlines()[0] for text in street.said(user)]
    assert said == [PLAIN[Plain.DELETED], "Bitte wählen Sie Ihre Sprache.", (await street.asked(user)).splitlines()[0]]
    assert await street.house.rows("SELECT message, wish FROM screen") == [(street.chat(user)[-1]["message_id"], 1)]


async def test_what_concerns_another_survey_in_the_chat_is_said_and_shown_all_the_same(street: Street) -> None:
    other = await opened_survey(street.house.store, "bbbbbb", "dialog-1", [SOCIETY])
    user = await street.guest(other.codes[SOCIETY])
    await street.write(user, f"/start {street.house.survey.codes[SOCIETY]}")
    await street.tap(user, "Deutsch")
    await street.tap(user, "Ich habe das gelesen und mache mit")
    await street.write(user, "/delete")
    await street.tap(user, DELETE)
    await street.write(user, other.codes[SOCIETY])
    (left,) = await street.house.chat(user).conversations()
    assert (left.survey, left.active, street.live(user)) == ("bbbbbb", True, [-1])


# ---- letters ----------------------------------------------------------------------------------------------------


def postman(street: Street, more: str = "") -> Letters:
    """Whose letters say for whom they are, and then what is wanted."""

    def text(tx: Any, letter: Letter) -> str | None:
        return f"{letter.kind} für {letter.owner}{more}" if post.letter_waits(tx, letter.id) else None

    courier = street.courier
    return Letters(courier.calls, courier.store, courier.key, courier.noted, courier.pacer, text)


async def deliver(street: Street, letters: Letters | None = None) -> Letters:
    """Lets letters go out until there is none that can be sent now."""
    letters = letters or postman(street)
    while await letters.deliver():
        pass
    await street.settle()
    return letters


async def queue(street: Street, user: int, kind: str = "Ergebnis") -> str:
    """Queues a letter to somebody who has opened the chat; gives what it will say."""
    name = new_id(16)
    street.standin.people.chat(user).started = True

    def unit(tx: Any) -> None:
        post.keep_addresses(tx, [Address(name, "aaaaaa", street.house.key.seal(user, name))])
        post.post(tx, [Letter(0, name, "aaaaaa", kind, "de", 2**40)])

    await street.house.store.write(unit)
    return f"{kind} für {name}"


async def test_a_letter_is_delivered_once(street: Street) -> None:
    users = [street.resident() for _ in range(3)]
    texts = {user: [await queue(street, user)] for user in users}
    await deliver(street)
    street.restart()
    again = await deliver(street)
    assert {user: street.said(user) for user in users} == texts
    assert (await street.house.counts("letter"), again.delivered) == ({"letter": 0}, 0)


async def test_a_letter_held_up_by_telegram_holds_up_no_other(street: Street) -> None:
    slow, quick = street.resident(), street.resident()
    first, second = await queue(street, slow), await queue(street, quick)
    street.trouble(Kind.TOO_MANY, "sendMessage", chats=(slow,), times=1, retry_after=HOUR)
    await deliver(street)
    assert (street.said(slow), street.said(quick), await street.house.counts("letter")) == (
        [], [second], {"letter": 1},
    )  # fmt: skip
    street.restart()
    street.house.clock.now += HOUR + 1
    await deliver(street)
    assert street.said(slow) == [first]


@pytest.mark.parametrize(("kind", "copies"), [(Kind.SERVER_ERROR, 1), (Kind.LOST_BEFORE, 1), (Kind.LOST_AFTER, 2)])
async def test_a_letter_that_may_not_have_arrived_is_sent_again(street: Street, kind: Kind, copies: int) -> None:
    user = street.resident()
    said = await queue(street, user)
    street.trouble(kind, "sendMessage", times=1)
    await deliver(street)
    assert (street.said(user), await street.house.counts("letter")) == ([said] * copies, {"letter": 0})


async def test_a_letter_whose_answer_never_comes_is_sent_twice_at_most(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TIMEOUT", 0.1)
    user = street.resident()
    said = await queue(street, user)
    street.trouble(Kind.LATENCY, "sendMessage", milliseconds=250)
    await deliver(street)
    await asyncio.gather(*street.standin.api.running)
    assert (street.said(user), await street.house.counts("letter")) == ([said] * 2, {"letter": 0})


LONG = ["", *(letter * 3000 for letter in "abc")]


async def test_a_long_letter_is_several_messages_and_goes_on_where_it_was_held_up(street: Street) -> None:
    user = street.resident()
    said = await queue(street, user)
    letters = postman(street, "\n\n".join(LONG))
    assert await letters.deliver() == 1
    street.trouble(Kind.TOO_MANY, "sendMessage", times=1, retry_after=HOUR)
    await deliver(street, letters)
    messages = [f"{said}\n\n{LONG[1]}", LONG[2], LONG[3]]
    assert (street.said(user), await street.house.counts("letter")) == (messages[:1], {"letter": 1})
    street.house.clock.now += HOUR + 1
    await deliver(street, letters)
    assert (street.said(user), await street.house.counts("letter")) == (messages, {"letter": 0})
    assert letters.delivered == 1


async def test_of_a_long_letter_every_message_is_sent_twice_at_most(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TIMEOUT", 0.1)
    user = street.resident()
    said = await queue(street, user)
    street.trouble(Kind.LATENCY, "sendMessage", milliseconds=250)
    await deliver(street, postman(street, "\n\n".join(LONG)))
    await asyncio.gather(*street.standin.api.running)
    messages = [f"{said}\n\n{LONG[1]}", LONG[2], LONG[3]]
    assert sorted(street.said(user)) == sorted(2 * messages)
    assert await street.house.counts("letter") == {"letter": 0}


async def test_a_letter_that_takes_the_place_of_one_under_way_arrives_too(street: Street) -> None:
    user = street.resident()
    old = await queue(street, user, "step")
    street.trouble(Kind.LATENCY, "sendMessage", milliseconds=200, times=1)
    task = asyncio.create_task(deliver(street))
    while not any(f["struck"] for f in street.standin.faults.view):
        await asyncio.sleep(0.01)
    new = Letter(0, old.split()[-1], "aaaaaa", "release", "de", 2**40)
    await street.house.store.write(lambda tx: post.replace_letters(tx, "aaaaaa", "step", [new]))
    await task
    assert street.said(user) == [old, old.replace("step", "release")]


async def test_a_letter_that_was_taken_back_is_not_sent(street: Street) -> None:
    user, other = street.resident(), street.resident()
    gone, said = await queue(street, user), await queue(street, other)
    await street.house.store.write(lambda tx: post.drop_addresses(tx, [gone.split()[-1]]))
    await deliver(street)
    assert (street.said(user), street.said(other)) == ([], [said])


async def full(unit: Any) -> None:
    """Stands for a write where there is no room on the disk."""
    raise sqlite3.OperationalError("database or disk is full")


async def test_while_nothing_can_be_noted_no_letter_comes_again_and_pauses_are_kept(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, slow = street.resident(), street.resident()
    said, late = await queue(street, user), await queue(street, slow)
    street.trouble(Kind.TOO_MANY, "sendMessage", chats=(slow,), retry_after=HOUR)
    letters = postman(street)
    street.calls("")
    with monkeypatch.context() as broken:
        broken.setattr(street.house.store, "write", full)
        for _ in range(3):
            with pytest.raises(sqlite3.OperationalError):
                await letters.deliver()
    assert sorted(street.calls("sendMessage")) == [(user, 200), (slow, 429)]
    street.standin.faults.set([])
    street.house.clock.now += HOUR + 1
    await deliver(street, letters)
    assert (street.said(user), street.said(slow)) == ([said], [late])
    assert await street.house.counts("letter") == {"letter": 0}


async def test_a_letter_that_cannot_be_made_costs_no_other_and_not_the_process(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    user, other = street.resident(), street.resident()
    await queue(street, user, "kaputt")
    said = await queue(street, other)
    letters, made = postman(street), postman(street).text

    def text(tx: Any, letter: Letter) -> str | None:
        if letter.kind == "kaputt":
            raise ValueError("Kanarienwort")
        return made(tx, letter)

    letters.text = text
    await deliver(street, letters)
    assert (street.said(user), street.said(other), letters.delivered) == ([], [said], 1)
    assert await street.house.counts("letter") == {"letter": 0}
    assert "letter 1 set aside (ValueError at text:" in caplog.text and "Kanarienwort" not in caplog.text


async def test_what_went_out_before_an_end_does_not_come_again_after_the_next_start(street: Street) -> None:
    users = [street.resident() for _ in range(2)]
    texts = {user: [await queue(street, user)] for user in users}
    street.trouble(Kind.LATENCY, "sendMessage", chats=(users[1],), milliseconds=150)
    task = asyncio.create_task(postman(street).deliver())
    while not any(f["struck"] for f in street.standin.faults.view):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await street.courier.close(0)
    street.restart()
    await deliver(street)
    assert {user: street.said(user) for user in users} == texts


async def test_of_two_letters_to_one_chat_the_second_waits_for_the_whole_first(street: Street) -> None:
    user = street.resident()
    first = await queue(street, user)
    second = Letter(0, first.split()[-1], "aaaaaa", "Danach", "de", 2**40)
    await street.house.store.write(lambda tx: post.post(tx, [second]))
    street.trouble(Kind.SERVER_ERROR, "sendMessage", times=1)
    await deliver(street, postman(street, "\n\n".join(LONG)))
    heads = [text.split()[0][:8] for text in street.said(user)]
    assert heads == ["Ergebnis", "bbbbbbbb", "cccccccc", "Danach", "bbbbbbbb", "cccccccc"]


async def test_letters_go_out_at_the_pace_and_replies_do_not_wait_for_it(street: Street) -> None:
    users = [street.resident() for _ in range(6)]
    for user in users:
        await queue(street, user)
    street.courier.pacer.next = street.house.clock() - 1
    await deliver(street)
    waited = street.courier.pacer.next - street.house.clock()
    assert round(waited, 3) == round(5 / PUSHES, 3)  # the first goes at once, each other one after the last
    street.courier.pacer.next = street.house.clock() + HOUR
    guest = await street.guest()
    assert street.said(guest)[-1] == await street.asked(guest)
