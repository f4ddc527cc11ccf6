"""The coordinator's menu in the chat: from the first department to the signature, by nobody else, once and whole."""

from __future__ import annotations

import re
import sqlite3
from sqlite3 import Connection
from typing import Any

import pytest
from conftest import Chat, Heard, House, commune_file, opened_survey
from hypothesis import given
from hypothesis import strategies as st

import bot.statement.coordinating as coordinating
from bot.housekeeping import housekeeping
from bot.identity import hashed
from bot.labels import room, width
from bot.statement import menu, steps
from bot.statement.board import PAGE
from bot.statement.menu import PATIENCE, Asked, Press, Verb, chosen, portions, written
from bot.statement.steps import Refusal, StepError, Town
from bot.statement.words import REFUSALS, STATES, refused
from bot.telegram.receive import Receiver
from bot.view import TEXT_LIMIT, View, units
from bot.words import PLAIN, Plain
from conversations.conversation import REFERRED, Conversation, Statement
from conversations.institution import State
from conversations.questionnaire import Rating, Voice, load
from conversations.store import contributions, organisers, people
from conversations.store.file import apart
from conversations.survey import Survey
from locales import FSI, PDI, catalogue

ASKED = load()["selbstcheck-1"]
SURVEY = "bbbbbb"
STALE = "Inzwischen hat sich hier etwas geändert. So steht es jetzt."
UNKNOWN = catalogue("de").t(PLAIN[Plain.UNKNOWN_COMMAND])
BARE = str.maketrans("", "", FSI + PDI)


class Office:
    """A coordinator with a statement, and the departments that answer."""

    def __init__(self, house: House, survey: Survey, chat: Chat) -> None:
        self.house, self.survey, self.chat = house, survey, chat

    async def town(self) -> Town:
        return await self.house.store.read(lambda tx: steps.town(tx, self.survey, ASKED))

    async def taps(self, *labels: str) -> Heard:
        """Presses buttons one after the other, by the beginning of what they say."""
        for label in labels:
            heard = await self.chat.press(self.data(label))
        return heard

    def data(self, label: str) -> str:
        buttons = [b for row in (self.chat.shown.rows if self.chat.shown else ()) for b in row]
        found = [b.data for b in buttons if b.label.translate(BARE).startswith(label)]
        assert found, f"no button {label!r} among {[b.label.translate(BARE) for b in buttons]}"
        return found[0]

    async def at(self, *about: str) -> Heard:
        """Presses a button of an earlier view."""
        return await self.chat.press(":".join(("K", SURVEY, *about)))

    async def named(self, department: str, function: str, *parts: str) -> str:
        """Names a contributor and gives it fields, all in the chat; its id."""
        await self.chat.write("/statement")
        await self.taps("Stellen und ihre Teile", "neue Stelle")
        await self.chat.write(department)
        await self.chat.write(function)
        one = (await self.town()).contributors[-1]
        await self.at("o", one.id)
        await self.taps("Feld oder Kriterium geben")
        for part in parts:
            number = next(i for i, p in enumerate(portions(ASKED)) if part == (p.criterion or f"{p.field}.t"))
            await self.at("g", one.id, written(frozenset([number])), portions(ASKED)[number].field)
            await self.taps("fertig")
        return one.id

    async def answers(self, identifier: str, values: dict[str, str], texts: dict[str, str] | None = None,
                      referrals: dict[str, str] | None = None, handed_in: bool = True) -> None:  # fmt: skip
        """What a contributor has answered, wherever it did."""
        respondent = f"{identifier:0>32}"
        now = Conversation(
            SURVEY, respondent, Voice.ADMINISTRATION, "de", "paper", answers=values, handed_in=handed_in,
            statements=tuple(Statement(q, t) for q, t in (texts or {}).items()), referrals=referrals or {},
        )  # fmt: skip

        def unit(tx: Connection) -> None:
            before = people.load(tx, [respondent])
            version = max((k.version for k in before.values()), default=0) + 1
            people.keep(tx, before, [now._replace(version=version)])
            contributions.bind(tx, identifier, respondent)

        await self.house.store.write(unit)

    async def journal(self) -> list[tuple[str, str, str]]:
        found = await self.house.store.read(lambda tx: contributions.journal(tx, SURVEY))
        return [(e.who, e.step, e.subject) for e in found]

    async def asked(self) -> list[Any]:
        return [row[0] for row in await self.house.rows("SELECT asked FROM organiser ORDER BY id")]


async def let_in(house: House, survey: Survey, user: int) -> Chat:
    """An organiser of the survey's commune."""
    until = int(house.clock() + 3600)
    await house.store.write(lambda tx: organisers.invite(tx, hashed(f"t{user}"), survey.commune_id, until))
    chat = house.chat(user)
    await chat.write(f"/start org-t{user}")
    return chat


@pytest.fixture
async def office(house: House) -> Office:
    survey = await opened_survey(house.store, SURVEY, ASKED.name, [Voice.ADMINISTRATION])
    return Office(house, survey, await let_in(house, survey, 104))


async def disagreement(office: Office) -> tuple[str, str]:
    """Two departments that see question 1.4.1 differently; one refers 1.4.2, both agree on 1.4.3."""
    one = await office.named("Dezernat I", "Integrationsbüro", "1.4")
    other = await office.named("Dezernat II", "Statistikstelle", "1.4")
    await office.answers(one, {"1.4.1": "yes", "1.4.2": REFERRED, "1.4.3": "no"}, {"1.4.1": "Bericht 2025"},
                         {"1.4.2": "Hauptamt"})  # fmt: skip
    await office.answers(other, {"1.4.1": "no", "1.4.2": "cannot-say", "1.4.3": "no"})
    return one, other


# ---- contributors and their parts -------------------------------------------------------------------------------


async def test_a_department_is_named_and_its_link_comes_alone_to_be_forwarded(office: Office) -> None:
    await office.house.store.write(
        lambda tx: tx.execute("INSERT INTO fact (name, value) VALUES ('username', 'weltbot')")
    )
    await office.chat.write("/statement")
    await office.taps("Stellen und ihre Teile", "neue Stelle")
    asked = await office.chat.write("Dezernat  II")
    assert asked.said == ("Dezernat II\n\nWelche Funktion antwortet dort? Ohne Namen, zum Beispiel: Amtsleitung",)
    heard = await office.chat.write("Leitung Sozialamt")
    (one,) = (await office.town()).contributors
    assert (one.department, one.function, one.questions) == ("Dezernat II", "Leitung Sozialamt", frozenset())
    shown, invitation = heard.said
    assert shown.startswith("Die nächste Nachricht ist der Link.")
    (link,) = re.findall(r"^https://t\.me/weltbot\?start=con-(\S+)$", invitation, re.MULTILINE)
    assert await office.house.rows("SELECT hash FROM contributor") == [(hashed(link),)]
    assert office.chat.said[-1].rows == ()
    assert (await office.journal(), await office.asked()) == (
        [("Koordination", "contributor", one.title), ("Koordination", "link", one.title)], [None],
    )  # fmt: skip


async def test_a_new_link_is_made_once_however_often_the_button_is_pressed(office: Office) -> None:
    one = await office.named("Dezernat II", "Sozialamt")
    await office.at("o", one)
    data = office.data("neuer Link")
    heard = await office.chat.hand(office.chat.presses(data), office.chat.presses(data))
    assert ([s for _, s, _ in await office.journal()].count("link"), heard.toast) == (2, STALE)
    assert len([p for p in heard.outcome.passing if p.view and "con-" in p.view.text]) == 1
    assert (await office.chat.press(data)).toast == STALE


async def test_fields_and_criteria_are_chosen_then_given_then_some_are_taken_back(office: Office) -> None:
    one = await office.named("Dezernat II", "Sozialamt")
    await office.at("o", one)
    await office.taps("Feld oder Kriterium geben", "1 Management", "1.4 Monitoring", "alle Felder", "2 Fairer",
                      "alles davon", "gewählt: 2.9 ")  # fmt: skip
    assert (await office.town()).contributor(one).questions == frozenset(), "nothing is given before it is done"
    heard = await office.taps("fertig")
    wanted = {q.id for q in ASKED.fields[1].questions} | {"1.4.1", "1.4.2", "1.4.3"}
    assert heard.toast == f"{len(wanted) - 3} Fragen sind neu gegeben."
    assert (await office.town()).contributor(one).questions == wanted - {"2.9.1", "2.9.2", "2.9.3"}
    text = heard.shown.text.translate(BARE) if heard.shown else ""
    assert "1.4 Monitoring\n2.1 Bildung" in text and "2 Fragen mit Text" in text and "2.9" not in text

    await office.taps("etwas zurücknehmen", "1 Management", "1.4 Monitoring")
    data = office.data("fertig")
    first, again = await office.chat.press(data), await office.chat.press(data)
    assert (first.toast, again.toast) == ("3 Fragen sind zurückgenommen.", STALE)
    assert {q for q in (await office.town()).contributor(one).questions if q.startswith("1")} == set()


async def test_a_list_of_many_departments_has_pages(office: Office) -> None:
    def unit(tx: Connection) -> None:
        for i in range(PAGE + 2):
            town = steps.town(tx, office.survey, ASKED)
            steps.invite(tx, town, "Dezernat", f"Amt {i:02}", None, office.house.clock.moment, "Koordination")

    await office.house.store.write(unit)
    await office.chat.write("/statement")
    await office.taps("Stellen und ihre Teile")
    labels = [[b.label for row in office.chat.shown.rows for b in row] for _ in [0]]  # type: ignore[union-attr]
    await office.taps("weitere")
    labels.append([b.label for row in office.chat.shown.rows for b in row])  # type: ignore[union-attr]
    await office.at("c", "99")
    labels.append([b.label for row in office.chat.shown.rows for b in row])  # type: ignore[union-attr]
    ends = ["neue Stelle", "zur Übersicht"]
    last = ["Dezernat, Amt 08", "Dezernat, Amt 09", "frühere", *ends]
    assert labels == [[*(f"Dezernat, Amt {i:02}" for i in range(PAGE)), "weitere", *ends], last, last]


# ---- deciding ---------------------------------------------------------------------------------------------------


async def test_what_is_to_be_done_leads_to_each_question_and_to_a_decision_with_a_reason(office: Office) -> None:
    await disagreement(office)
    await office.chat.write("/statement")
    heard = await office.taps("Was zu tun ist (2)")
    assert heard.shown is not None and heard.shown.text.translate(BARE).startswith(
        "Was zu tun ist\n\n"
        "1.4.1: verschieden beantwortet\nDezernat I, Integrationsbüro: ja\nDezernat II, Statistikstelle: nein\n\n"
        "1.4.2: niemand kann es einschätzen\nDezernat I, Integrationsbüro verweist an: Hauptamt\n"
        "Dezernat II, Statistikstelle: keine Einschätzung\n\nAußerdem offen:\n"
    )
    heard = await office.taps("Frage 1.4.1")
    assert heard.shown is not None and heard.shown.text.translate(BARE) == (
        "1.4.1 Monitoring\n" + ASKED.by_id["1.4.1"].text[Voice.ADMINISTRATION][office.survey.commune.kind] + "\n\n"
        "Dezernat I, Integrationsbüro: ja\n• Bericht 2025\n\nDezernat II, Statistikstelle: nein\n\n"
        "Die Kommune: verschieden beantwortet"
    )
    asked = await office.taps("entscheiden: eher nein")
    assert asked.shown is not None and asked.shown.text.translate(BARE).startswith(
        "Frage 1.4.1: Die Kommune antwortet „eher nein“."
    )
    assert [p.edit for p in asked.outcome.passing if p.edit] == [900], "in place of the view that was pressed"
    heard = await office.chat.write("Der Bericht wird nicht fortgeführt.")
    assert heard.said[0].translate(BARE).startswith("Entschieden und begründet.\n\n1.4.1 Monitoring\n")
    position = (await office.town()).positions["1.4.1"]
    assert (position.state, position.value, position.reason) == (
        State.DECIDED, Rating.RATHER_NO, "Der Bericht wird nicht fortgeführt.",
    )  # fmt: skip
    assert [c.value for c in position.contributions] == ["yes", "no"], "no contributor's answer is changed"
    assert ("Koordination", "decide", "1.4.1") in await office.journal()
    heard = await office.taps("nächste zu klärende Frage: 1.4.2")
    assert heard.shown is not None and heard.shown.text.startswith("1.4.2 Monitoring")


async def test_a_decision_can_be_taken_back_and_a_late_press_does_nothing(office: Office) -> None:
    await disagreement(office)
    await office.at("q", "1.4.1")
    late = office.data("entscheiden: ja")
    await office.taps("entscheiden: nein")
    await office.chat.write("Weil.")
    assert (await office.chat.press(late)).toast == STALE
    await office.at("q", "1.4.1")
    back = office.data("Entscheidung zurücknehmen")
    first, again = await office.chat.press(back), await office.chat.press(back)
    assert (first.toast, again.toast, (await office.town()).decisions) == ("Zurückgenommen.", STALE, {})


async def test_a_reason_for_what_has_changed_meanwhile_is_not_kept_and_the_question_shown_anew(office: Office) -> None:
    _, other = await disagreement(office)
    await office.at("q", "1.4.1")
    await office.taps("entscheiden: ja")
    await office.answers(other, {"1.4.1": "yes", "1.4.2": "cannot-say", "1.4.3": "no"})
    heard = await office.chat.write("Weil.")
    assert heard.said[0].startswith("Inzwischen hat sich hier etwas geändert. Ihr Text wurde nicht gespeichert.")
    assert heard.shown is not None and heard.shown.text.translate(BARE).endswith("Die Kommune: ja")
    assert ((await office.town()).decisions, await office.asked()) == ({}, [None])


async def test_an_open_question_is_answered_with_a_text_and_then_a_reason(office: Office) -> None:
    one = await office.named("Dezernat I", "Integrationsbüro", "1.t")
    long = "Wort für Wort. " * 600
    await office.answers(one, {"1.m": "finished", "1.b": "finished"}, {"1.m": long})
    await office.at("q", "1.m")
    heard = await office.taps("alle Texte ganz lesen")
    assert [units(text) <= TEXT_LIMIT for text in heard.said] == [True] * len(heard.said) and len(heard.said) > 1
    assert long.strip() in "".join(heard.said)
    await office.at("q", "1.m")
    await office.taps("Text der Kommune schreiben")
    await office.chat.write("Seit 2016 koordiniert ein Büro.\n\nZwei Konzepte.")
    assert (await office.town()).decisions == {}
    heard = await office.chat.write("Gekürzt.")
    position = (await office.town()).positions["1.m"]
    assert (position.state, position.value, position.text, position.reason) == (
        State.DECIDED, None, "Seit 2016 koordiniert ein Büro.\n\nZwei Konzepte.", "Gekürzt.",
    )  # fmt: skip


async def test_a_reason_that_is_too_long_or_no_text_is_asked_for_again(office: Office) -> None:
    await disagreement(office)
    await office.at("q", "1.4.1")
    await office.taps("entscheiden: ja")
    long = await office.chat.write("x" * 1001)
    sticker = await office.chat.write(None, sticker={"file_id": "x"})
    assert [h.said[0].translate(BARE) for h in (long, sticker)] == [
        "Das ist zu lang. Höchstens 1.000 Zeichen sind möglich. Nichts wurde gespeichert.",
        "Hier wird ein Text gebraucht. Davon wurde nichts gespeichert.",
    ]
    await office.chat.write("Kurz.")
    assert (await office.town()).decisions["1.4.1"].reason == "Kurz."


async def test_what_is_not_handed_in_is_nobodys_to_read(office: Office) -> None:
    one, _ = await disagreement(office)
    await office.answers(one, {"1.4.1": "yes", "1.m": "finished"}, {"1.4.1": "Kanarienbeleg"}, handed_in=False)
    shown = [
        (await office.at(verb, about)) for verb, about in (("q", "1.4.1"), ("r", "1.4.1"), ("t", "0"), ("C", "1.4"))
    ]
    texts = "\n".join(text for heard in shown for text in heard.said).translate(BARE)
    assert "Kanarienbeleg" not in texts and "Integrationsbüro: ja" not in texts
    assert "Dezernat I, Integrationsbüro: noch nicht abgegeben" in texts


# ---- what the next message answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", ["cancel", "another view", "command", "unknown command", "press elsewhere", "time"])
async def test_a_text_is_no_reason_once_the_coordinator_turned_to_something_else(office: Office, turn: str) -> None:
    await disagreement(office)
    await office.chat.enter(office.house.survey.codes[Voice.ADMINISTRATION])
    question = office.chat.shown
    await office.at("q", "1.4.1")
    await office.taps("entscheiden: ja")
    assert await office.asked() != [None]
    match turn:
        case "cancel":
            await office.taps("abbrechen")
        case "another view":
            await office.at("f")
        case "command":
            await office.chat.write("/status")
        case "unknown command":
            await office.chat.write("/unbekannt")
        case "press elsewhere":
            assert question is not None
            await office.chat.press(question.rows[0][0].data)
        case "time":
            office.house.clock.now += PATIENCE
    await office.chat.write("eher nein")
    assert (await office.town()).decisions == {}
    answered = (await office.chat.kept()).answers
    assert answered == ({"1.1": "yes", "1.2": "rather-no"} if turn == "press elsewhere" else {"1.1": "rather-no"})


async def test_what_is_asked_survives_a_restart_and_a_text_in_the_same_batch_is_the_reason(office: Office) -> None:
    await disagreement(office)
    await office.at("q", "1.4.1")
    await office.taps("entscheiden: ja")
    office.house.receiver = Receiver(office.house.store, office.house.key, load(), office.house.clock)
    await office.chat.write("Nach dem Neustart.")
    await office.at("q", "1.4.2")
    chat, data = office.chat, office.data("entscheiden: keine Einschätzung")
    await chat.hand(chat.presses(data), chat.writes("Niemand erhebt es."), chat.writes("Noch ein Text."))
    assert {q: d.reason for q, d in (await office.town()).decisions.items()} == {
        "1.4.1": "Nach dem Neustart.", "1.4.2": "Niemand erhebt es.",
    }  # fmt: skip
    assert chat.said[-1].text == catalogue("de").t(PLAIN[Plain.ORGANISER_IDLE]), "the third text was not asked for"


async def test_what_is_not_waited_for_any_more_is_forgotten_with_what_was_written(office: Office) -> None:
    await office.at("n")
    await office.chat.write("Dezernat III")
    for seconds, left in ((PATIENCE - 1, True), (1, False)):
        office.house.clock.now += seconds
        await housekeeping(office.house.store, load(), office.house.clock.moment, steps=False, thorough=True)
        assert (await office.asked() != [None]) is left


async def test_a_text_after_a_press_that_was_refused_in_the_same_batch_is_kindly_sent_back(office: Office) -> None:
    await disagreement(office)
    chat = office.chat
    late = f"K:{SURVEY}:d:1.4.1:1:00000000"
    await chat.hand(chat.presses(late), chat.writes("Weil."))
    assert chat.said[-1].text == "Gerade wird auf keinen Text gewartet. Weiter geht es mit /statement."
    assert (await office.town()).decisions == {}


# ---- presenting, focus, signing ---------------------------------------------------------------------------------


async def settled(office: Office) -> str:
    """A department that has answered everything."""
    one = await office.named("Dezernat I", "Integrationsbüro", "1.1")
    await office.house.store.write(lambda tx: steps.assign(
        tx, steps.town(tx, office.survey, ASKED), one, [f.id for f in ASKED.fields], office.house.clock.moment, "x"
    ))  # fmt: skip
    await office.answers(one, {q.id: "rather-yes" if q.rating else "finished" for q in ASKED.questions})
    return one


async def test_nothing_is_presented_or_signed_while_questions_are_open(office: Office) -> None:
    await disagreement(office)
    await office.chat.write("/statement")
    for press, about in (("p", ()), ("s", ()), ("P", (menu.stamp(0),)), ("S", ("00000000",))):
        await office.at(press, *about)
    town = await office.town()
    assert (town.presented, town.signed, await office.asked()) == (None, None, [None])
    told = await office.at("P", menu.stamp(0))
    refusal = (told.toast or told.said[-1]).translate(BARE)
    assert refusal.startswith("Das geht erst, wenn jede Frage geklärt ist. Noch nicht geklärt: ")


async def test_the_statement_is_presented_and_signed_once_and_then_again_when_something_changes(office: Office) -> None:
    await settled(office)
    await office.chat.write("/statement")
    await office.taps("den Stellen zeigen")
    data = office.data("ja, jetzt zeigen")
    first, again = await office.chat.press(data), await office.chat.press(data)
    assert (first.toast, again.toast) == ("Alle Stellen können die Antworten jetzt sehen.", STALE)
    await office.taps("unterzeichnen")
    heard = await office.chat.write("Oberbürgermeisterin")
    assert (
        heard.said[0].translate(BARE).startswith("Fassung 1 wird unterzeichnet: Oberbürgermeisterin, 15. Januar 2027.")
    )
    data = office.data("ja, unterzeichnen")
    first, again = await office.chat.press(data), await office.chat.press(data)
    assert (first.toast, again.toast) == ("Unterzeichnet.", STALE)
    assert await office.house.rows("SELECT number, day FROM release") == [(1, "2027-01-15")]
    told = "".join((await office.chat.write("/digest")).said).translate(BARE)
    assert "Fassung 1, unterzeichnet von Oberbürgermeisterin" in told
    await office.at("h")

    await office.taps("unterzeichnen")
    await office.chat.write("Oberbürgermeisterin")
    told = await office.taps("ja, unterzeichnen")
    assert (told.toast or told.said[0]).translate(BARE) == "Seit Fassung 1 hat sich nichts geändert."
    await office.at("q", "1.1.1")
    await office.taps("entscheiden: nein")
    await office.chat.write("Die Stelle ist weggefallen.")
    await office.at("s")
    await office.chat.write("Oberbürgermeisterin")
    old = office.data("ja, unterzeichnen")
    await office.house.store.write(lambda tx: steps.decide(
        tx, steps.town(tx, office.survey, ASKED), "1.1.2", "no", "Auch.", office.house.clock.moment, "x"
    ))  # fmt: skip
    assert (await office.chat.press(old)).toast == STALE, "what is signed is what was seen"
    await office.at("s")
    await office.chat.write("Oberbürgermeisterin")
    await office.taps("ja, unterzeichnen")
    assert [n for (n,) in await office.house.rows("SELECT number FROM release ORDER BY number")] == [1, 2]
    signed = [(who, step) for who, step, _ in await office.journal() if step in ("present", "sign")]
    assert signed == [("Koordination", "present"), ("Oberbürgermeisterin", "sign"), ("Oberbürgermeisterin", "sign")]


async def test_focus_fields_are_chosen_with_a_reason(office: Office) -> None:
    await office.chat.write("/statement")
    await office.taps("Schwerpunkte", "5 Engagement", "4 Interkulturelle", "gewählt: 5", "5 Engagement", "fertig")
    await office.chat.write("Dort fehlen uns Partner.")
    choice = (await office.town()).choice
    assert choice == contributions.Choice(("4", "5"), "Dort fehlen uns Partner.")


async def test_a_statement_that_has_ended_is_shown_and_not_changed(office: Office) -> None:
    await settled(office)
    await office.at("q", "1.1.1")
    late = office.data("entscheiden: nein")
    await office.house.store.write(lambda tx: tx.execute("UPDATE survey SET closed_day = '2027-01-15' WHERE id = ?",
                                                         (SURVEY,)))  # fmt: skip
    heard = await office.chat.press(late)
    assert heard.toast == "Dieser Selbstcheck ist beendet. Es ändert sich nichts mehr."
    labels = [b.label for row in heard.shown.rows for b in row] if heard.shown else []
    assert labels == ["Felder und Fragen", "Stellen und ihre Teile", "Schwerpunkte"]
    await office.at("q", "1.1.1")
    assert [b.label for row in office.chat.shown.rows for b in row] == ["zum Kriterium"]  # type: ignore[union-attr]


# ---- rights -----------------------------------------------------------------------------------------------------

EVERY = [Press(SURVEY, Verb.HOME), Press(SURVEY, Verb.FIELDS), Press(SURVEY, Verb.NEW), Press(SURVEY, Verb.SIGN),
         Press(SURVEY, Verb.DECIDE, ("1.1.1", "1", "00000000")), Press(SURVEY, Verb.PEOPLE, ("0",)),
         Press("aaaaaa", Verb.HOME), Press("zzzzzz", Verb.HOME)]  # fmt: skip


async def test_nobody_but_the_communes_organisers_is_answered_as_if_there_was_such_a_menu(office: Office) -> None:
    house = office.house
    other = await opened_survey(house.store, "cccccc", profile=commune_file(name="Beispielkreis", kind="district"))
    respondent = house.chat(200)
    await respondent.enter(house.survey.codes[Voice.SOCIETY])
    dismissed = await let_in(house, other, 202)
    await house.store.write(lambda tx: organisers.dismiss(tx, other.commune_id))
    elsewhere = await let_in(house, other, 201)
    before = [await house.rows(f"SELECT * FROM {t}") for t in ("contributor", "decision", "journal", "organiser")]
    for chat in (house.chat(203), respondent, elsewhere, dismissed):
        if chat is not elsewhere:
            assert (await chat.write("/statement")).said == (UNKNOWN,)
        for press in EVERY:
            assert (chat.user, press, (await chat.press(press.data)).toast) == (chat.user, press, UNKNOWN)
        assert (await chat.press("K:quatsch")).toast == UNKNOWN
    for press in EVERY[-2:]:
        assert (await office.chat.press(press.data)).toast == UNKNOWN, "a survey of persons, or none at all"
    assert [
        await house.rows(f"SELECT * FROM {t}") for t in ("contributor", "decision", "journal", "organiser")
    ] == before


async def test_who_is_dismissed_meanwhile_has_nothing_to_say_any_more(office: Office) -> None:
    await disagreement(office)
    await office.at("q", "1.4.1")
    await office.taps("entscheiden: ja")
    await office.house.store.write(lambda tx: organisers.dismiss(tx, office.survey.commune_id))
    heard = await office.chat.write("Weil.")
    assert heard.said == (catalogue("de").t(PLAIN[Plain.NO_SURVEY]),)
    assert (await office.town()).decisions == {}


async def test_who_leaves_in_the_same_batch_changes_nothing_after_that(office: Office) -> None:
    chat = office.chat
    heard = await chat.hand(chat.writes("/delete"), chat.presses(f"K:{SURVEY}:n"), chat.writes("Dezernat I"))
    assert heard.toast == UNKNOWN
    assert (await office.town()).contributors == []


async def test_the_help_of_organisers_names_their_commands_and_nobody_elses_does(office: Office) -> None:
    mine, theirs = (await office.chat.write("/help")).said[0], (await office.house.chat(9).write("/help")).said[0]
    assert [line for line in mine.splitlines() if line not in theirs.splitlines()] == [
        "/status – Stand der Umfragen", "/digest – Ergebnisse in einer Nachricht",
        "/statement – Selbstcheck mit vielen Stellen führen",
    ]  # fmt: skip


async def test_several_statements_are_told_apart(office: Office) -> None:
    await opened_survey(office.house.store, "cccccc", ASKED.name, [Voice.ADMINISTRATION])
    await office.chat.write("/statement")
    assert [b.data for row in office.chat.shown.rows for b in row] == ["K:bbbbbb:h", "K:cccccc:h"]  # type: ignore[union-attr]


async def test_without_a_statement_the_command_says_how_one_begins(house: House) -> None:
    heard = await (await let_in(house, house.survey, 104)).write("/statement")
    assert heard.said == (
        "Es gibt noch keinen Selbstcheck. Auf dem Server beginnt er mit: weltoffen survey open selbstcheck",
    )


async def test_status_and_digest_tell_how_a_statement_stands(office: Office) -> None:
    await disagreement(office)
    await office.named("Dezernat III", "Kämmerei")  # has no part, so there is none to hand in
    for command in ("/status", "/digest"):
        (text,) = [t for t in (await office.chat.write(command)).said if "Selbstcheck" in t]
        assert text.translate(BARE) == (
            "Selbstcheck, Musterstadt\nUmfrage bbbbbb\n1 von 119 Fragen geklärt\nniemandem zugeteilt: 116\n"
            "verschieden beantwortet: 1\nniemand kann es einschätzen: 1\nabgegebene Teile: 2 von 2\n"
            "1 Verweis an eine andere Stelle"
        )


# ---- kept once, kept whole --------------------------------------------------------------------------------------


async def test_a_batch_that_could_not_be_kept_is_kept_once_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await disagreement(office)
    chat, house = office.chat, office.house
    await office.at("q", "1.4.1")
    batch = [chat.presses(office.data("entscheiden: ja")), chat.writes("Weil.")]
    before = await office.journal()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(contributions, "log", full)
        with pytest.raises(sqlite3.OperationalError):
            await house.receiver.handle(batch)
    assert ((await office.town()).decisions, await office.journal(), await office.asked()) == ({}, before, [None])
    house.receiver = Receiver(house.store, house.key, load(), house.clock)
    for _ in range(2):
        await house.receiver.handle(batch)
    assert await office.journal() == [*before, ("Koordination", "decide", "1.4.1")]
    assert (await office.town()).decisions["1.4.1"].reason == "Weil."


async def test_an_exception_of_ours_undoes_its_own_step_and_harms_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await office.named("Dezernat II", "Sozialamt")
    other, chat = office.house.chat(300), office.chat
    await other.enter(office.house.survey.codes[Voice.SOCIETY])
    before = await office.journal()

    def broken(*_: object) -> None:
        raise LookupError("Kanarienausnahme")

    monkeypatch.setattr(coordinating._Step, "_person", broken)
    outcome = await office.house.receiver.handle([
        chat.presses(f"K:{SURVEY}:G:{one}:1"), other.presses(other.data("ja"))
    ])  # fmt: skip
    assert chat.heard(outcome).toast == catalogue("de").t(PLAIN[Plain.TROUBLE])
    assert ((await office.town()).contributor(one).questions, await office.journal()) == (frozenset(), before)
    assert (await other.kept()).answers == {"1.1": "yes"}


async def test_what_an_exception_leaves_of_a_part_of_a_transaction_is_undone(house: House) -> None:
    def write(tx: Connection, name: str, fails: bool) -> None:
        tx.execute("INSERT INTO fact (name, value) VALUES (?, '')", (name,))
        if fails:
            raise LookupError(name)

    def unit(tx: Connection) -> None:
        write(tx, "before", False)
        with pytest.raises(LookupError):
            apart(tx, lambda tx: write(tx, "undone", True))
        apart(tx, lambda tx: write(tx, "after", False))

    await house.store.write(unit)
    assert await house.rows("SELECT name FROM fact WHERE value = '' ORDER BY name") == [("after",), ("before",)]


# ---- buttons and words ------------------------------------------------------------------------------------------

IDS = st.from_regex(r"[a-z0-9]{1,3}(\.[a-z0-9]{1,2}){0,2}", fullmatch=True).filter(lambda s: len(s) <= 8)
PARTS = {
    menu._PAGE: st.integers(0, 999).map(str), menu._ID: IDS, menu._CHOSEN: st.integers(0, 2**64 - 1).map("{:x}".format),
    menu._STAMP: st.binary(min_size=4, max_size=4).map(bytes.hex), menu._VALUE: st.sampled_from([*menu.VALUES, "t"]),
    menu._FIELD: IDS | st.just("-"),
}  # fmt: skip
PRESSES = st.sampled_from(list(Verb)).flatmap(
    lambda verb: st.tuples(*(PARTS[p] for p in menu._PARTS[verb])).map(lambda about: Press("bbbbbb", verb, about))
)


@given(PRESSES)
def test_every_button_is_read_as_what_it_was_made_of_and_fits(press: Press) -> None:
    assert (menu.read(press.data), press.data.isascii(), len(press.data) <= 64) == (press, True, True)


@given(st.text(max_size=64) | st.from_regex(r"K:[a-z]{6}:[A-Za-z](:[a-z0-9.\-]{0,9}){0,4}", fullmatch=True))
def test_any_other_data_are_refused_or_read_as_they_are(data: str) -> None:
    found = menu.read(data)
    assert found is None or found.data == data


@given(st.frozensets(st.integers(0, 63)))
def test_what_is_chosen_stands_in_the_button(numbers: frozenset[int]) -> None:
    assert chosen(written(numbers)) == numbers


def test_what_is_asked_is_read_back_until_its_time_is_over() -> None:
    one = Asked(Press(SURVEY, Verb.NEW), 1000, ("Dezernat „II“",))
    assert (menu.asked(one.kept(), 999), menu.asked(one.kept(), 1000), menu.asked(None, 1)) == (one, None, None)


def test_portions_are_all_questions_once() -> None:
    assert [q for p in portions(ASKED) for q in p.questions] == [q.id for q in ASKED.questions]
    assert len(portions(ASKED)) == 34 + 7


@pytest.mark.parametrize("code", ["de", "en"])
def test_there_are_words_for_every_refusal_and_every_state(code: str) -> None:
    words = catalogue(code)
    assert (set(REFUSALS), set(STATES)) == (set(Refusal), set(State))
    told = {why: refused(words, StepError(why, "7")).translate(BARE) for why in Refusal}
    assert len(set(told.values())) == len(Refusal)
    assert not any("{" in text for text in told.values())
    many = refused(words, StepError(Refusal.OPEN_QUESTIONS, ", ".join(f"1.1.{i}" for i in range(20))))
    assert many.endswith({"de": "und 8 weitere", "en": "and 8 more"}[code])


def _worth(press: Press, contributors: list[str]) -> bool:
    """Whether a view shows anything that others do not: one choice, of one contributor."""
    if press.verb in (Verb.GIVE, Verb.TAKE):
        return press.about[0] == contributors[0] and len(chosen(press.about[1])) < 2
    return press.verb is not Verb.FOCUS or len(chosen(press.about[0])) < 2


@pytest.mark.parametrize("language", ["de", "en", "ar"])
async def test_every_view_fits_in_a_message_and_closes_its_isolates(house: House, language: str) -> None:
    survey = await opened_survey(house.store, SURVEY, ASKED.name, [Voice.ADMINISTRATION])
    office = Office(house, survey, await let_in(house, survey, 104))
    await house.store.write(lambda tx: tx.execute("UPDATE organiser SET language = ?", (language,)))

    def unit(tx: Connection) -> None:
        for i in range(9):
            town = steps.town(tx, survey, ASKED)
            one, _ = steps.invite(tx, town, "D" * 120, f"{i}" * 120, None, house.clock.moment, "x")
            steps.assign(tx, steps.town(tx, survey, ASKED), one.id, ["1", "2.1"], house.clock.moment, "x")

    await house.store.write(unit)
    ids = [c.id for c in (await office.town()).contributors]
    values = ["yes", "no", "cannot-say", REFERRED]
    for i, one in enumerate(ids):
        answers = {q.id: values[i % 4] if q.rating else "finished" for q in ASKED.questions}
        referrals = {q: "R" * 200 for q in answers if answers[q] == REFERRED}
        texts = {"1.1.1": "x" * 2000, "1.m": "y" * 9000, "2.1.1": "kurz"}
        await office.answers(one, answers, texts, referrals)
    views: dict[str, View] = {}
    waiting = [f"K:{SURVEY}:h"]
    changes = {Verb.LINK, Verb.GIVEN, Verb.TAKEN}
    while waiting:
        data = waiting.pop()
        await office.chat.press(data)
        assert office.chat.shown is not None
        views[data] = office.chat.shown
        buttons = [b.data for row in office.chat.shown.rows for b in row]
        press = [menu.read(b) for b in buttons]
        assert None not in press
        few = [p for p in press if p and p.verb not in changes and _worth(p, ids)]
        waiting += [p.data for p in few if p.data not in views and p.data not in waiting]
    assert len(views) > 150

    def balanced(text: str) -> bool:
        depth = 0
        for character in text:
            depth += (character == FSI) - (character == PDI)
            if depth not in (0, 1):
                return False
        return depth == 0

    wrong = [data for data, shown in views.items()
             if units(shown.text) > TEXT_LIMIT or not balanced(shown.text) or len(shown.rows) > 16
             or not all(0 < width(b.label) <= room() and balanced(b.label) and len(b.data) <= 64
                        for row in shown.rows for b in row)]  # fmt: skip
    assert wrong == []
