"""A contributor's door: the one-time link, its part, its Stellungnahme, letters, reminders, its own data."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest
from conftest import DELETE, DELETE_ALL, NOW, Chat, House, opened_survey

from bot import notice, organising
from bot.closing import end
from bot.housekeeping import housekeeping
from bot.identity import Key, hashed
from bot.rotation import _changed_over
from bot.statement import seat as office
from bot.statement import steps
from bot.statement.steps import LINK_DAYS, Town
from bot.telegram.receive import Outcome
from bot.telegram.reshow import behind, reshow
from bot.view import view
from bot.words import PLAIN, SAYS, Plain
from conversations.conversation import PAPER, REFERRED, Conversation, Place, Say, Statement
from conversations.institution import Contributor, Seat
from conversations.questionnaire import Voice, load, part
from conversations.store import contributions, open_store, organisers, people, post, surveys, tombstones
from conversations.store.again import forget_again
from conversations.survey import TRIES, Survey
from locales import catalogue

ASKED = load()["selbstcheck-1"]
ADMINISTRATION = Voice.ADMINISTRATION
CODE = "ABBBBBB2"
WHO = "Koordination"
CONSENT = "Ich habe das gelesen und mache mit"
TITLE = "Dezernat II, Personalamt"
ENDS = datetime(2027, 2, 26, 17, tzinfo=UTC)  # six weeks after NOW, at 18 o'clock in Germany


class Office:
    """A town's survey with its coordinator, step by step; and the chats of contributors."""

    def __init__(self, house: House, survey: Survey) -> None:
        self.house, self.survey = house, survey

    async def step(self, what: Callable[[Connection, Town], Any]) -> Any:
        """One step in a transaction of its own."""
        return await self.house.store.write(lambda tx: what(tx, steps.town(tx, self.survey, ASKED)))

    async def town(self) -> Town:
        """The statement as it stands."""
        return await self.house.store.read(lambda tx: steps.town(tx, self.survey, ASKED))

    async def invite(self, *parts: str, function: str = "Personalamt") -> tuple[Contributor, str]:
        """Names a contributor with a part; gives it with what its link says to the bot."""
        moment = self.house.clock.moment
        one, token = await self.step(
            lambda tx, town: steps.invite(tx, town, "Dezernat II", function, None, moment, WHO)
        )
        await self.given(one, *parts)
        return one, f"/start con-{token}"

    async def given(self, one: Contributor, *parts: str) -> None:
        """Gives parts to a contributor."""
        await self.step(lambda tx, town: steps.assign(tx, town, one.id, parts, self.house.clock.moment, WHO))

    async def link(self, one: Contributor) -> str:
        """Another link."""
        moment = self.house.clock.moment
        return f"/start con-{await self.step(lambda tx, town: steps.link(tx, town, one, moment, WHO))}"

    async def enter(self, *parts: str, user: int = 41, function: str = "Personalamt") -> tuple[Chat, Contributor]:
        """A contributor who has used the link and consented."""
        one, link = await self.invite(*parts, function=function)
        chat = self.house.chat(user)
        await begin(chat, link)
        return chat, one

    async def present(self) -> None:
        """Everything that is open is decided, and the departments are shown it."""

        def unit(tx: Connection, town: Town) -> None:
            for question in town.open:
                answer = "cannot-say" if ASKED.by_id[question].rating else "Nichts bekannt."
                steps.decide(tx, town, question, answer, "Niemand wurde gefragt.", self.house.clock.moment, WHO)
            steps.present(tx, steps.town(tx, self.survey, ASKED), self.house.clock.moment, WHO)

        await self.step(unit)

    async def journal(self, *kinds: str) -> list[tuple[str, ...]]:
        """Who did what of these kinds, on what, before and after."""
        found = await self.house.store.read(lambda tx: contributions.journal(tx, self.survey.id))
        return [(e.who, e.step, e.subject, e.before, e.after) for e in found if e.step in kinds]

    async def letters(self) -> list[tuple[str, str | None]]:
        """Kind and text of the letters that wait, which then have gone out."""

        def unit(tx: Connection) -> list[tuple[str, str | None]]:
            waiting = post.letters(tx, int(self.house.clock()), 100)
            texts = [(x.kind, organising.letter_text(tx, x, load())) for x in waiting]
            post.drop_letters(tx, [x.id for x in waiting])
            return texts

        found = await self.house.store.write(unit)
        return [(kind, text and plain(text)) for kind, text in found]


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def labels(chat: Chat) -> list[str]:
    return [plain(b.label) for row in chat.shown.rows for b in row] if chat.shown else []


def says(which: Plain | Say, language: str = "de") -> str:
    return catalogue(language).t(PLAIN[which] if isinstance(which, Plain) else SAYS[which])


async def begin(chat: Chat, link: str) -> None:
    """From the link to the first screen."""
    await chat.write(link)
    await chat.tap("Deutsch")
    await chat.tap(CONSENT)


async def pressed(chat: Chat, label: str) -> Any:
    """Presses the button with this label, whatever isolates it holds."""
    chat.house.clock.now += 1
    data = next(b.data for row in chat.shown.rows for b in row if plain(b.label) == label)  # type: ignore[union-attr]
    return await chat.press(data)


@pytest.fixture
async def desk(house: House) -> Office:
    found = await opened_survey(house.store, "bbbbbb", ASKED.name, [ADMINISTRATION], closes=ENDS)
    assert found.codes == {ADMINISTRATION: CODE}
    return Office(house, found)


# ---- the way in -------------------------------------------------------------------------------------------------


async def test_a_link_leads_over_language_and_notice_to_the_part_of_one_office(house: House, desk: Office) -> None:
    one, link = await desk.invite("1.1", "3.1.1")
    chat = house.chat()
    name = house.key.respondent(desk.survey.salt or b"", chat.user)
    await chat.write(link)
    assert await house.rows("SELECT respondent, until FROM contributor") == [(name, None)]
    assert await house.counts("conversation", "address") == {"conversation": 0, "address": 0}
    await chat.tap("Deutsch")
    heard = await chat.tap(CONSENT)
    version = notice.version(desk.survey, ASKED, ADMINISTRATION)
    begun = Conversation(desk.survey.id, name, ADMINISTRATION, "de", version)
    asked = frozenset({"1.1.1", "1.1.2", "1.1.3", "1.1.4", "3.1.1"})
    seat = Seat(desk.survey.id, replace(one, respondent=name, questions=asked))
    assert await chat.conversations() == [begun]
    assert heard.shown == view(desk.survey, part(ASKED, asked), begun, seat)
    assert plain(heard.shown.text if heard.shown else "").split("\n\n")[:2] == [
        f"Sie antworten für: {TITLE}\nBitte geben Sie bis 26. Februar 2027, 18:00 Uhr ab.\nIhr Teil hat 5 Fragen.",
        "Feld 1 von 2, Frage 1 von 4\nManagement und Steuerung",
    ]
    assert await desk.journal("join") == [(TITLE, "join", TITLE, "", "")]


async def test_nobody_enters_by_the_code_alone(house: House, desk: Office) -> None:
    chat, version = house.chat(), notice.version(desk.survey, ASKED, ADMINISTRATION)
    for text in (f"/start {CODE}", CODE):
        assert (await chat.write(text)).said == (says(Plain.ONLY_INVITED),)
    for data in (f"L:{CODE}:1", f"N:{CODE}:1:de", f"C:{CODE}:1:de:{version}", f"C:{CODE}:2:de:{version}"):
        assert (await chat.press(data)).toast == says(Plain.ONLY_INVITED)
    assert await house.counts("conversation", "address", "brake") == {"conversation": 0, "address": 0, "brake": 0}
    chat, _ = await desk.enter("1.1")
    await chat.hand_in("ja")
    assert (await chat.press(f"C:{CODE}:2:de:{version}")).toast == says(Plain.ONLY_INVITED)
    for data in ("bbbbbb:1:p", "bbbbbb:1:w"):
        assert (await chat.press(data)).toast == says(Say.STALE)
    assert await house.counts("conversation", "wish") == {"conversation": 1, "wish": 0}


async def test_a_link_that_is_no_good_gives_nothing_away_and_counts_like_a_wrong_code(
    house: House, desk: Office
) -> None:
    _, used = await desk.invite("1.1")
    await begin(house.chat(1), used)
    old, link = await desk.invite("1.2", function="Ordnungsamt")
    replaced, _ = link, await desk.link(old)
    _, late = await desk.invite("1.3", function="Schulamt")
    house.clock.now += LINK_DAYS * 86400
    good = await desk.link(old)
    chat = house.chat(2)
    links = [used, replaced, late, "/start con-", "/start con-erfunden"]
    assert [(await chat.write(link)).said for link in links] == [(says(Plain.INVITE_GONE),)] * TRIES
    assert (await chat.write(good)).said == (says(Plain.BRAKED),)
    assert await house.rows("SELECT tries FROM brake") == [(TRIES,)]
    await begin(house.chat(3), good)
    assert len(await house.chat(3).conversations()) == 1


async def test_who_opens_the_link_again_goes_on_and_is_not_braked(house: House, desk: Office) -> None:
    one, link = await desk.invite("1.1")
    chat = house.chat()
    await chat.write(link)
    heard = await chat.write(link)
    assert plain(heard.said[0]) == plain(office.linked_again("de", one))
    await chat.tap("Deutsch")
    await chat.tap(CONSENT)
    await chat.tap("ja")
    for _ in range(TRIES + 1):
        heard = await chat.write(link)
    assert heard.shown is not None
    assert plain(heard.shown.text).startswith(plain(office.linked_again("de", one)) + "\n\nFeld 1 von 1, Frage 2 von 4")
    assert ((await chat.kept()).answers, await house.counts("brake")) == ({"1.1.1": "yes"}, {"brake": 0})


async def test_one_chat_answers_for_one_office_and_the_other_s_link_stays_good(house: House, desk: Office) -> None:
    chat, one = await desk.enter("1.1")
    other, link = await desk.invite("1.2", function="Ordnungsamt")
    heard = await chat.write(link)
    assert heard.shown is not None
    assert plain(heard.shown.text).startswith(plain(office.seated("de", one)))
    await begin(house.chat(7), link)
    bound = {c.id: c.respondent for c in (await desk.town()).contributors}
    assert bound == {one.id: (await chat.kept()).respondent, other.id: (await house.chat(7).kept()).respondent}


async def test_a_link_in_one_batch_of_two_people_lets_the_first_in(house: House, desk: Office) -> None:
    _, link = await desk.invite("1.1")
    first, second = house.chat(1), house.chat(2)
    outcome = await house.receiver.handle([first.writes(link), second.writes(link)])
    assert second.heard(outcome).said == (says(Plain.INVITE_GONE),)
    assert first.heard(outcome).said == ("Bitte wählen Sie Ihre Sprache.\nPlease choose your language.",)
    name = house.key.respondent(desk.survey.salt or b"", 1)
    assert await house.rows("SELECT respondent FROM contributor") == [(name,)]


async def test_another_chat_with_a_new_link_takes_the_office_over_and_begins_afresh(house: House, desk: Office) -> None:
    chat, one = await desk.enter("1.1")
    await chat.hand_in("ja")
    await begin(house.chat(8), await desk.link(one))
    successor = await house.chat(8).kept()
    town = await desk.town()
    assert (town.contributors[0].respondent, successor.answers) == (successor.respondent, {})
    assert [c.value for c in town.positions["1.1.1"].contributions] == [None], "what was said before does not count"
    heard = await chat.write("/start")
    assert heard.shown is not None and "antwortet inzwischen jemand anderes" in heard.shown.text
    assert TITLE not in heard.shown.text and labels(chat) == []


async def test_who_answered_for_another_office_before_is_asked_anew(house: House, desk: Office) -> None:
    chat, one = await desk.enter("1.1.1")
    await chat.hand_in("ja")
    await begin(house.chat(8), await desk.link(one))
    other, link = await desk.invite("1.1.1", "1.1.2", function="Ordnungsamt")
    heard = await chat.write(link)
    assert heard.shown is not None and "Frage 2 von 2" in plain(heard.shown.text)
    kept = await chat.kept()
    assert (kept.handed_in, (await desk.town()).contributor(other.id).respondent) == (False, kept.respondent)
    assert (await desk.journal("take-back"))[-1][:2] == ("Dezernat II, Ordnungsamt", "take-back")


async def with_sheet(desk: Office) -> tuple[Contributor, Conversation]:
    """A contributor who has handed in a spreadsheet, and what stood on it."""
    one, _ = await desk.invite("1.1")
    sheet = Conversation(
        desk.survey.id, f"{one.id:0>32}", ADMINISTRATION, "de", PAPER, handed_in=True, place=Place.THANKS,
        answers={"1.1.1": "no", "1.1.2": REFERRED}, referrals={"1.1.2": "Schulamt"},
        statements=(Statement("1.1.1", "Konzept"),),
    )  # fmt: skip

    def unit(tx: Connection) -> None:
        people.keep(tx, {}, [sheet])
        contributions.bind(tx, one.id, sheet.respondent)

    await desk.house.store.write(unit)
    return one, sheet


async def test_what_was_handed_in_on_a_sheet_goes_on_in_the_chat_after_consent(house: House, desk: Office) -> None:
    one, sheet = await with_sheet(desk)
    chat = house.chat()
    await chat.write(await desk.link(one))
    assert (await desk.town()).positions["1.1.1"].contributions[0].value == "no"
    for text in ("/start", "/summary", "nein"):
        assert (await chat.write(text)).shown != sheet, "nothing is shown or changed before consent"
    await chat.tap("Deutsch")
    await chat.tap(CONSENT)
    (kept,) = await chat.conversations()
    assert (kept.respondent, kept.notice) == (
        house.key.respondent(desk.survey.salt or b"", chat.user), notice.version(desk.survey, ASKED, ADMINISTRATION),
    )  # fmt: skip
    assert (kept.answers, kept.referrals, kept.handed_in, kept.given("1.1.1")) == (
        sheet.answers, sheet.referrals, True, ("Konzept",),
    )  # fmt: skip
    assert await house.counts("conversation", "address") == {"conversation": 1, "address": 1}


async def test_a_sheet_goes_with_its_link_only_where_that_was_used(house: House, desk: Office) -> None:
    one, sheet = await with_sheet(desk)
    chat = house.chat()
    await chat.hand(chat.writes(await desk.link(one)), chat.writes("/delete"))
    assert [c.respondent for c in (await desk.town()).contributors] == [sheet.respondent]
    assert await house.counts("conversation", "answer", "statement") == {
        "conversation": 1, "answer": 2, "statement": 1,
    }  # fmt: skip
    await chat.write(await desk.link(one))
    await chat.write("/delete")
    (freed,) = (await desk.town()).contributors
    assert freed.respondent not in (None, sheet.respondent, house.key.respondent(desk.survey.salt or b"", chat.user))
    assert (await desk.town()).positions["1.1.1"].contributions[0].value == "no"
    assert (await chat.write(f"/start {CODE}")).said == (says(Plain.ONLY_INVITED),)


# ---- the part ---------------------------------------------------------------------------------------------------


async def test_every_answer_is_in_the_journal_before_and_after_and_only_the_part_is_asked(
    house: House, desk: Office
) -> None:
    chat, _ = await desk.enter("1.1.1", "1.1.2", "1.m")
    await chat.write("Stadtamt")  # eight letters of a code's alphabet: evidence all the same
    await chat.tap("eher ja")
    await chat.tap("weiß ich nicht, bitte an …")
    await chat.write("STADTAMT")
    await chat.write("Seit 2016.")
    await chat.answer("fertig", "Antworten abgeben")
    await chat.press(f"bbbbbb:1:o:{Place.QUESTION}:1.1.1")
    await chat.tap("nein")
    kept = await chat.kept()
    assert (kept.answers, kept.given("1.1.1"), kept.referrals, kept.handed_in) == (
        {"1.1.1": "no", "1.1.2": REFERRED, "1.m": "finished"}, ("Stadtamt",), {"1.1.2": "STADTAMT"}, True,
    )  # fmt: skip
    assert await desk.journal("answer", "hand-in", "take-back") == [
        (TITLE, "answer", "1.1.1", "", "rather-yes"), (TITLE, "answer", "1.1.2", "", REFERRED),
        (TITLE, "answer", "1.m", "", "finished"), (TITLE, "hand-in", "3/3", "", ""),
        (TITLE, "answer", "1.1.1", "rather-yes", "no"),
    ]  # fmt: skip
    assert await house.counts("brake") == {"brake": 0}
    await chat.press(f"bbbbbb:1:o:{Place.QUESTION}:2.1.1")
    assert await chat.kept() == kept, "another office's question"


async def test_new_questions_are_a_letter_and_ask_again(house: House, desk: Office) -> None:
    chat, one = await desk.enter()
    assert labels(chat) == [] and chat.shown is not None and "keine Frage zugeteilt" in chat.shown.text
    await desk.given(one, "1.1.1")
    await desk.given(one, "1.1.2")
    asks = f"Für Ihre Stelle ({TITLE}) sind 2 Fragen offen.\nBitte geben Sie bis 26. Februar 2027, 18:00 Uhr ab.\n"
    assert await desk.letters() == [("part", None), ("part", asks + "Weiter geht es mit /start")]
    await chat.write("/start")
    await chat.answer("ja", "ja", "Antworten abgeben")
    await desk.given(one, "1.1.3")
    assert (await chat.kept()).handed_in is False
    heard = await chat.write("/start")
    assert heard.shown is not None and "Frage 3 von 3" in plain(heard.shown.text)
    await chat.answer("ja", "Antworten abgeben")
    assert await desk.letters() == [("part", None)], "nothing is open any more"


async def test_an_outage_shows_a_contributor_its_part_again(house: House, desk: Office) -> None:
    chat, _ = await desk.enter("1.1")
    shown: list[Any] = []

    class Courier:
        class pacer:  # noqa: N801 - stands for an attribute
            @staticmethod
            async def turn() -> None: ...

        show = staticmethod(shown.append)

    (some,) = await behind(house.store, everybody=True)
    courier: Any = Courier()
    await reshow(house.store, house.key, load(), courier, some, now=house.clock(), everybody=True)
    assert [due.view for due in shown] == [chat.shown]


@pytest.mark.parametrize("again", ["twice", "full"])
async def test_whatever_is_handed_in_twice_or_could_not_be_kept_counts_once(
    house: House, desk: Office, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    """As after a kill: every batch comes once more, or first meets a disk that is full at the very end."""
    handle = house.receiver.handle

    async def repeated(batch: Any, shown: Any = ()) -> Outcome:
        if again == "full":
            connection = house.store._connection
            with monkeypatch.context() as patch:
                patch.setattr(connection, "_connection", Full(connection._conn))
                with pytest.raises(sqlite3.OperationalError):
                    await handle(batch, shown)
            return await handle(batch, shown)
        outcome = await handle(batch, shown)
        assert await handle(batch, shown) == Outcome()
        return outcome

    monkeypatch.setattr(house.receiver, "handle", repeated)
    chat, one = await desk.enter("1.1.1", "1.1.2")
    await chat.write("Konzept 2018")
    await chat.answer("eher ja", "weiß ich nicht, bitte an …")
    await chat.write("Statistikstelle")
    await chat.tap("Antworten abgeben")
    await desk.present()
    await chat.write("/summary")
    await pressed(chat, "Stellungnahme zu Feld 1")
    await chat.write("Wir sehen das anders.")
    await chat.write("/settings")
    await chat.tap("erinnern Sie mich")
    kept = await chat.kept()
    assert (kept.answers, kept.given("1.1.1"), kept.referrals) == (
        {"1.1.1": "rather-yes", "1.1.2": REFERRED}, ("Konzept 2018",), {"1.1.2": "Statistikstelle"},
    )  # fmt: skip
    assert await desk.journal("join", "answer", "hand-in", "comment") == [
        (TITLE, "join", TITLE, "", ""), (TITLE, "answer", "1.1.1", "", "rather-yes"),
        (TITLE, "answer", "1.1.2", "", REFERRED), (TITLE, "hand-in", "2/2", "", ""),
        (TITLE, "comment", "1", "", "Wir sehen das anders."),
    ]  # fmt: skip
    assert await house.rows("SELECT contributor, field, text, day FROM comment") == [
        (one.id, "1", "Wir sehen das anders.", "2027-01-15")
    ]
    assert await house.rows("SELECT remind, reminded FROM contributor") == [(1, 0)]


class Full:
    """A connection that cannot commit."""

    def __init__(self, works: sqlite3.Connection) -> None:
        self.works = works

    def __getattr__(self, name: str) -> Any:
        if name != "execute":
            return getattr(self.works, name)

        def runs(sql: str, *values: Any) -> Any:
            if sql == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return self.works.execute(sql, *values)

        return runs


async def test_where_only_persons_are_asked_no_batch_looks_for_contributors(house: House) -> None:
    asked: list[str] = []
    await house.store.read(lambda tx: tx.set_trace_callback(asked.append))
    chat = house.chat()
    await chat.enter(house.survey.codes[Voice.SOCIETY])
    await chat.hand_in("ja")
    await house.store.read(lambda tx: tx.set_trace_callback(None))
    assert [sql for sql in asked if "contributor" in sql or "journal" in sql] == []
    assert any("INTO answer" in sql for sql in asked)


# ---- after the deadline -----------------------------------------------------------------------------------------


async def test_after_the_deadline_answers_stand_and_a_stellungnahme_is_still_taken(house: House, desk: Office) -> None:
    chat, _ = await desk.enter("1.1.1", "1.1.2")
    late, _ = await desk.enter("1.1.1", user=42, function="Ordnungsamt")
    await chat.hand_in("ja")
    question, before = late.data("ja"), [await chat.kept(), await late.kept()]
    house.clock.now = ENDS.timestamp()
    for steps_ in (True, False):
        assert await housekeeping(house.store, load(), house.clock.moment, steps=steps_, thorough=False) == []
    assert (await desk.town()).survey.closed is False and await house.counts("release") == {"release": 0}
    assert (await late.press(question)).toast == says(Say.DEADLINE)
    assert late.shown is not None and "Ihr Teil ist nicht abgegeben" in late.shown.text
    assert labels(late) == ["Management und Steuerung"]
    assert (await chat.press("bbbbbb:1:o:question:1.1.2")).toast == says(Say.DEADLINE)
    heard = await chat.write("/start")
    assert labels(chat) == ["Antworten ansehen"] and heard.shown is not None
    assert "Die Frist ist abgelaufen" in heard.shown.text
    after = [await chat.kept(), await late.kept()]
    assert [(k.answers, k.handed_in) for k in after] == [(k.answers, k.handed_in) for k in before]
    _, link = await desk.invite("1.2", function="Schulamt")
    assert (await house.chat(43).write(link)).said == (office.late("de"),)
    assert (await late.write("/mydata")).said != () and (await late.write("/pause")).shown is not None

    await desk.step(lambda tx, town: steps.decide(tx, town, "1.1.1", "yes", "Frist.", house.clock.moment, WHO))
    await desk.present()
    await chat.write("/summary")
    await pressed(chat, "Stellungnahme zu Feld 1")
    await chat.write("Wir sehen das anders.")
    assert [c.text for c in (await desk.town()).comments] == ["Wir sehen das anders."]
    await late.write("/delete")
    await late.tap(DELETE)
    assert await late.conversations() == []


# ---- the Stellungnahme ------------------------------------------------------------------------------------------


async def test_a_stellungnahme_is_possible_once_the_answers_are_shown_and_stale_presses_do_nothing(
    house: House, desk: Office
) -> None:
    chat, one = await desk.enter("1.1.1", "3.1.1")
    await chat.hand_in("ja", "nein")
    assert labels(chat) == ["Antworten ansehen oder ändern"]
    for place in (Place.COMMENTING, Place.COMMENT):
        assert (await chat.press(f"bbbbbb:1:o:{place}:1")).toast == says(Say.NOT_PRESENTED)
    await desk.present()
    await chat.write("/start")
    assert labels(chat)[1:] == ["Stellungnahme zu Feld 1", "Stellungnahme zu Feld 3"]
    assert (await chat.press(f"bbbbbb:1:o:{Place.COMMENTING}:2")).toast == says(Say.STALE)
    await pressed(chat, "Stellungnahme zu Feld 3")
    await chat.write("STADTAMT")
    assert chat.shown is not None
    assert plain(chat.shown.text).endswith(f"So wird es gedruckt:\n\nSTADTAMT\n\n{TITLE}, 15. Januar 2027")
    first = chat.data("zurücknehmen")
    await chat.tap("neu schreiben")
    await chat.write("Wir werben damit.")
    assert (await chat.press(first)).toast == says(Say.STALE), "it was made for the text before"
    taken = chat.data("zurücknehmen")
    await chat.hand(chat.presses(taken), chat.presses(taken))
    assert (await desk.town()).comments == []
    await pressed(chat, "Stellungnahme zu Feld 1")
    together = [chat.writes("Erst so."), chat.presses(f"bbbbbb:1:o:{Place.COMMENTING}:1"), chat.writes("Dann so.")]
    await chat.hand(*together)
    assert await desk.journal("comment") == [
        (TITLE, "comment", "3", "", "STADTAMT"), (TITLE, "comment", "3", "STADTAMT", "Wir werben damit."),
        (TITLE, "comment", "3", "Wir werben damit.", ""), (TITLE, "comment", "1", "", "Dann so."),
    ]  # fmt: skip
    signed = await desk.step(lambda tx, town: steps.sign(tx, town, "Stadtrat", house.clock.moment))
    assert [r["text"] for r in signed.document["town"]["comments"]] == ["Dann so."]
    await chat.tap("neu schreiben")
    await chat.write("Nach der Unterschrift.")
    again = await desk.step(lambda tx, town: steps.sign(tx, town, "Stadtrat", house.clock.moment))
    assert [r["text"] for r in again.document["town"]["comments"]] == ["Nach der Unterschrift."]
    kinds = [kind for kind, text in await desk.letters() if text]
    assert kinds == ["presented", "signed"], "the newer of two letters says all that the older one would"
    assert one.id == (await desk.town()).comments[0].contributor


async def test_a_long_stellungnahme_is_shown_with_its_signature(house: House, desk: Office) -> None:
    chat, _ = await desk.enter("1.1.1")
    await chat.hand_in("ja")
    await desk.present()
    await chat.write("/summary")
    await pressed(chat, "Stellungnahme zu Feld 1")
    await chat.write("ß" * 4001)
    assert await house.counts("comment") == {"comment": 0}
    await chat.write("ß" * 4000)
    assert chat.shown is not None and len(chat.shown.text) <= 4096
    assert plain(chat.shown.text).endswith(f"ß…\n\n{TITLE}, 15. Januar 2027")
    assert [len(c.text) for c in (await desk.town()).comments] == [4000]


# ---- reminders --------------------------------------------------------------------------------------------------


async def remind(desk: Office, moment: datetime) -> list[tuple[str, str | None]]:
    """The letters that go out when housekeeping comes round at a moment."""
    desk.house.clock.now = moment.timestamp()
    await housekeeping(desk.house.store, load(), moment, steps=True, thorough=False)
    return await desk.letters()


async def wants_reminders(chat: Chat) -> None:
    await chat.write("/settings")
    await chat.tap("erinnern Sie mich")


REMINDS = (
    "Zur Erinnerung: Ihr Teil im Selbstcheck ist noch nicht abgegeben.\n1 Frage ist noch offen.\n"
    "Bitte geben Sie bis 26. Februar 2027, 18:00 Uhr ab.\n"
    "Weiter geht es mit /start, Erinnerungen schalten Sie mit /settings ab."
)


async def test_the_unfinished_who_want_it_are_reminded_a_week_and_a_day_before_by_day(
    house: House, desk: Office
) -> None:
    chat, _ = await desk.enter("1.1.1")
    done, _ = await desk.enter("1.1.1", user=42, function="Ordnungsamt")
    await desk.enter("1.1.1", user=43, function="Schulamt")  # does not want it
    for one in (chat, done):
        await wants_reminders(one)
    await done.hand_in("weiter", "ja")
    week, day = ENDS - timedelta(days=7), ENDS - timedelta(days=1)
    assert await remind(desk, week - timedelta(seconds=1)) == []
    assert await remind(desk, week) == [("reminder", REMINDS)]
    assert await remind(desk, week + timedelta(hours=1)) == []
    assert await remind(desk, day) == [("reminder", REMINDS)]
    for hours in (1, 2, 15, 23, 30):
        assert await remind(desk, day + timedelta(hours=hours)) == []
    assert await house.rows("SELECT reminded FROM contributor ORDER BY number") == [(2,), (0,), (0,)]


async def test_no_reminder_goes_out_in_the_evening_or_at_night(house: House, desk: Office) -> None:
    await house.store.write(lambda tx: tx.execute(  # eight in the evening, by the clocks of Germany
        "UPDATE survey SET closes = ? WHERE id = 'bbbbbb'", (int((ENDS + timedelta(hours=2)).timestamp()),)
    ))  # fmt: skip
    chat, _ = await desk.enter("1.1.1")
    await wants_reminders(chat)
    evening = ENDS + timedelta(hours=2) - timedelta(days=7)
    assert [await remind(desk, evening + timedelta(hours=h)) for h in (0, 4, 12, 12.99)] == [[]] * 4
    assert len(await remind(desk, evening + timedelta(hours=13))) == 1
    until = evening.replace(hour=19) + timedelta(days=1)
    house.clock.now = (until - timedelta(hours=3)).timestamp()
    await house.store.write(lambda tx: contributions.reminded(tx, [r[0] for r in tx.execute(
        "SELECT id FROM contributor")], 0))  # fmt: skip
    await housekeeping(house.store, load(), house.clock.moment, steps=True, thorough=False)
    assert await house.rows("SELECT until FROM letter") == [(int(until.timestamp()),)], "it waits no night through"


async def test_who_wants_reminders_late_is_not_reminded_at_once_and_missed_moments_come_once(
    house: House, desk: Office
) -> None:
    late, _ = await desk.enter("1.1.1")
    away, _ = await desk.enter("1.1.1", user=42, function="Ordnungsamt")
    await wants_reminders(away)
    house.clock.now = (ENDS - timedelta(days=3)).timestamp()
    await wants_reminders(late)
    assert await remind(desk, house.clock.moment) == [("reminder", REMINDS)], "whom nobody reminded in time"
    assert await remind(desk, ENDS - timedelta(hours=8)) == [("reminder", REMINDS)] * 2
    assert await remind(desk, ENDS - timedelta(hours=7)) == []
    await late.write("/settings")
    await late.tap("nicht mehr erinnern")
    await late.tap("erinnern Sie mich")
    assert await remind(desk, ENDS - timedelta(hours=6)) == [], "choosing it again brings none of the past back"


async def test_without_a_day_of_closing_reminders_count_from_the_use_of_the_link(house: House) -> None:
    desk = Office(house, await opened_survey(house.store, "bbbbbb", ASKED.name, [ADMINISTRATION]))
    chat, _ = await desk.enter("1.1.1")
    await wants_reminders(chat)
    begun = datetime.fromtimestamp(NOW, UTC)  # nine in the morning
    text = REMINDS.replace("Bitte geben Sie bis 26. Februar 2027, 18:00 Uhr ab.\n", "")
    found = {d: await remind(desk, begun + timedelta(days=d, minutes=5)) for d in (1, 6, 7, 8, 13, 14, 15, 60)}
    assert {d: letters for d, letters in found.items() if letters} == {
        7: [("reminder", text)], 14: [("reminder", text)],
    }  # fmt: skip


# ---- own data ---------------------------------------------------------------------------------------------------


async def told_much(desk: Office) -> tuple[Chat, Contributor]:
    """A contributor who has left every sort of word."""
    chat, one = await desk.enter("1.1.1", "1.1.2", "1.m")
    await chat.write("Kanarienbeleg")
    await chat.answer("eher ja", "weiß ich nicht, bitte an …")
    await chat.write("Kanarienstelle")
    await chat.write("Kanarienbericht")
    await chat.answer("fertig", "Antworten abgeben")
    await desk.present()
    await chat.write("/summary")
    await pressed(chat, "Stellungnahme zu Feld 1")
    await chat.write("Kanarienstellungnahme")
    return chat, one


WORDS = ("Kanarienbeleg", "Kanarienstelle", "Kanarienbericht", "Kanarienstellungnahme")


async def test_mydata_shows_every_word_and_delete_leaves_none_of_it(house: House, desk: Office) -> None:
    chat, one = await told_much(desk)
    data = "\n".join((await chat.write("/mydata")).said)
    assert [w for w in (*WORDS, TITLE, "weitergegeben an", "eher ja") if w not in plain(data)] == []
    await chat.write("/delete")
    await chat.tap(DELETE)
    tables = ["conversation", "answer", "statement", "referral", "comment", "address", "letter"]
    assert await house.counts(*tables) == dict.fromkeys(tables, 0)
    assert await house.store.forget()
    assert [w for w in WORDS if w.encode() in house.bytes()] == []
    assert await desk.journal("answer", "comment", "delete") == [
        (TITLE, "answer", "1.1.1", "", "rather-yes"), (TITLE, "answer", "1.1.2", "", REFERRED),
        (TITLE, "answer", "1.m", "", "finished"), (TITLE, "comment", "1", "", ""), (TITLE, "delete", TITLE, "", ""),
    ]  # fmt: skip
    assert (await desk.town()).contributors == [replace(one, questions=frozenset({"1.1.1", "1.1.2", "1.m"}))]
    await begin(chat, await desk.link(one))
    assert (await chat.kept()).answers == {}


@pytest.mark.parametrize("consented", [True, False])
async def test_a_restored_backup_obeys_a_deletion(house: House, desk: Office, tmp_path: Path, consented: bool) -> None:
    one, link = await desk.invite("1.1.1")
    chat = house.chat()
    await chat.write(link)
    if consented:
        await chat.tap("Deutsch")
        await chat.tap(CONSENT)
        await chat.write("Kanarienbeleg")
    await house.store._connection.run(lambda tx: tx.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),)))
    await chat.write("/delete")
    if consented:
        await chat.tap(DELETE)
    assert (await desk.town()).contributors[0].respondent is None
    buried = await house.store.read(tombstones.kept)
    async with await open_store(tmp_path / "backup.db") as restored:
        await restored.write(lambda tx: forget_again(tx, buried))
        assert (await restored.read(lambda tx: steps.town(tx, desk.survey, ASKED))).contributors == [
            replace(one, questions=frozenset({"1.1.1"}))
        ]
        assert await restored.read(lambda tx: tx.execute("SELECT count(*) FROM statement").fetchone()) == (0,)


async def test_in_a_restored_backup_no_link_is_good_any_more(house: House, desk: Office) -> None:
    _, link = await desk.invite("1.1")
    await house.store.write(lambda tx: forget_again(tx, []))
    assert (await house.chat().write(link)).said == (says(Plain.INVITE_GONE),)


async def test_another_key_frees_who_has_not_consented_and_keeps_who_has(house: House, desk: Office) -> None:
    _, link = await desk.invite("1.1", function="Schulamt")
    await house.chat(9).write(link)
    chat, _ = await desk.enter("1.1")
    new = Key(bytes(32))

    def unit(tx: Connection) -> None:
        surveys.keep_fact(tx, "key", house.key.check())
        _changed_over(tx, house.key, new, "2027-01-15")

    await house.store.write(unit)
    salt = desk.survey.salt or b""
    assert [c.respondent for c in (await desk.town()).contributors] == [None, new.respondent(salt, chat.user)]


async def test_who_has_not_consented_yet_sees_and_deletes_that_a_link_was_used(house: House, desk: Office) -> None:
    one, link = await desk.invite("1.1")
    chat = house.chat()
    await chat.write(link)
    name = house.key.respondent(desk.survey.salt or b"", chat.user)
    held = office.held("de", {name: Seat(desk.survey.id, replace(one, respondent=name))})
    assert (await chat.write("/mydata")).said == (held,)
    assert (await chat.write("/delete")).said == (office.released("de"),)
    assert (await chat.write(f"/start {CODE}")).said == (says(Plain.ONLY_INVITED),)
    assert (await desk.town()).contributors[0].respondent is None
    await begin(chat, await desk.link(one))
    assert len(await chat.conversations()) == 1


async def test_all_from_a_telephone_is_also_a_link_that_was_used_and_not_consented_to(
    house: House, desk: Office
) -> None:
    _, link = await desk.invite("1.1")
    chat = house.chat()
    await chat.enter(house.survey.codes[Voice.SOCIETY])
    await chat.write(link)
    await chat.write("/delete")
    await chat.tap(DELETE_ALL)
    assert (await desk.town()).contributors[0].respondent is None
    assert await desk.journal("join", "delete") == [(TITLE, s, TITLE, "", "") for s in ("join", "delete")]


async def test_one_survey_deleted_leaves_a_link_that_was_used_for_another(house: House, desk: Office) -> None:
    _, link = await desk.invite("1.1")
    chat = house.chat()
    await chat.enter(house.survey.codes[Voice.SOCIETY])
    await chat.write(link)
    await chat.write("/delete")
    await chat.tap(DELETE)
    name = house.key.respondent(desk.survey.salt or b"", chat.user)
    assert (await desk.town()).contributors[0].respondent == name


async def test_who_was_followed_by_another_chat_deletes_every_text_too(house: House, desk: Office) -> None:
    chat, one = await desk.enter("1.1.1", "1.1.2")
    await chat.write("Kanarienbeleg")
    await chat.tap("eher ja")
    await begin(house.chat(8), await desk.link(one))
    await house.chat(8).write("Nachfolgebeleg")
    await chat.write("/delete")
    await chat.tap(DELETE)
    assert await house.store.forget()
    assert b"Kanarienbeleg" not in house.bytes()
    assert await desk.journal("text", "answer") == [
        (TITLE, "text", "1.1.1", "", ""), (TITLE, "answer", "1.1.1", "", "rather-yes"),
        (TITLE, "text", "1.1.1", "", "Nachfolgebeleg"),
    ]  # fmt: skip


async def test_a_link_and_a_deletion_in_one_batch_leave_nothing(house: House, desk: Office) -> None:
    _, link = await desk.invite("1.1")
    chat = house.chat()
    await chat.hand(chat.writes(link), chat.writes("/delete"))
    assert (await desk.town()).contributors[0].respondent is None
    assert await desk.journal("join") == []
    await begin(chat, link)
    assert len(await chat.conversations()) == 1, "the link was not used"


# ---- what is promised, and told to coordinators -----------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_notice_of_a_statement_promises_what_holds_for_offices(desk: Office, language: str) -> None:
    text = plain(notice.text(desk.survey, ASKED, ADMINISTRATION, language))
    asks, reads = desk.survey.commune, desk.survey.commune.recipients[language]
    printed = {
        "de": f"Wer liest was: Die Koordination ({asks.office}) sieht, was Ihre Stelle antwortet, mit Belegen und Wei"
        "tergaben. Der Bericht nennt zu jeder Frage, was Ihre Stelle geantwortet hat; er kann veröffentlicht werden.",
        "en": f"Who reads what: the coordinator ({asks.office}) sees what your office answers, with evidence and what "
        "was passed on. The report names what your office answered to each question; it may be published.",
    }
    for said in (asks.office, asks.contact, asks.legal_basis[language], printed[language], "119", "180", "/mydata",
                 "/delete", "/settings", "Telegram", str(asks.retention_days), asks.supervisory_authority):  # fmt: skip
        assert said in text, said
    assert reads not in text and "niemand" not in text, "what holds for persons, whose answers nobody prints"
    persons = notice.text(
        replace(desk.survey, voices=(ADMINISTRATION,)), load()["kurzform-1"], ADMINISTRATION, language
    )
    shared = set(plain(persons).split("\n\n")) & set(text.split("\n\n"))
    assert [p for p in shared if "/mydata" in p or reads in p] == []
    for never in ("mindestens 10", "Vorgesetzte", "freiwillig", "Superiors", "superiors", "at least 10", "anonym"):
        assert never not in text, never
    promised = notice.promises(desk.survey, ASKED, catalogue(language))
    assert len(promised) == 4 and not set(promised) & set(
        notice.promises(desk.survey, load()["kurzform-1"], catalogue(language))
    )


async def test_an_organiser_is_told_how_many_offices_have_handed_in(house: House, desk: Office) -> None:
    chat, _ = await desk.enter("1.1.1")
    await desk.enter("1.1.1", user=42, function="Ordnungsamt")
    await house.store.write(lambda tx: organisers.invite(tx, hashed("71"), desk.survey.commune_id, int(NOW) + 999))
    organiser = house.chat(71)
    await organiser.write("/start org-71")
    for command in ("/status", "/digest"):
        assert "abgegebene Teile: 0 von 2" in plain((await organiser.write(command)).said[1]).split("\n")
    await chat.hand_in("ja")
    assert "abgegebene Teile: 1 von 2" in plain((await organiser.write("/status")).said[1]).split("\n")
    await desk.step(lambda tx, town: [
        steps.decide(tx, town, q, "yes" if ASKED.by_id[q].rating else "Text", "Frist.", house.clock.moment, WHO)
        for q in town.open
    ])  # fmt: skip
    await desk.step(lambda tx, town: steps.sign(tx, town, "Stadtrat", house.clock.moment))
    assert "Selbstcheck" in (await organiser.write("/digest")).said[1]
    assert await house.rows("SELECT kind FROM letter WHERE kind = 'step'") == []


async def test_after_the_end_a_contributor_is_told_so(house: House, desk: Office) -> None:
    chat, _ = await desk.enter("1.1.1")
    _, link = await desk.invite("1.2", function="Schulamt")
    await chat.hand_in("ja")
    await desk.step(lambda tx, town: [
        steps.decide(tx, town, q, "yes" if ASKED.by_id[q].rating else "Text", "Frist.", house.clock.moment, WHO)
        for q in town.open
    ])  # fmt: skip
    await desk.step(lambda tx, town: steps.sign(tx, town, "Stadtrat", house.clock.moment))
    await house.store.write(lambda tx: end(tx, desk.survey, house.clock.moment, WHO))
    assert (await chat.write("/summary")).said == (says(Plain.CLOSED),)
    assert (await house.chat(9).write(link)).said == (says(Plain.CLOSED),)


async def test_a_letter_that_is_owed_to_nobody_any_more_is_not_sent(house: House, desk: Office) -> None:
    chat, one = await told_much(desk)
    await begin(house.chat(8), await desk.link(one))
    assert await desk.letters() == [("presented", None)], "the office is somebody else's now"
    assert (await chat.kept()).handed_in
