"""The terminal door: a person walks through the dialog and a part of the short form; nothing but texts comes out."""

from __future__ import annotations

import pytest

from bot import notice
from bot.communes import TEMPLATE
from bot.terminal import Walk, walk
from bot.words import Plain, help_text, plain
from conversations.conversation import FINISHED, REFERRED, SKIPPED, Conversation, Place, Statement
from conversations.questionnaire import Voice, load
from conversations.survey import SMALLEST_GROUP, Survey, commune
from locales import FSI, PDI, languages

K = {voice: SMALLEST_GROUP[voice] for voice in Voice}


def walked(name: str, lines: list[str], voice: Voice = Voice.SOCIETY) -> tuple[Conversation, list[str]]:
    """Where a walk ends, and all that was said on the way, without isolates."""
    asked, said = load()[name], list[str]()
    survey = Survey("walk", 0, commune(TEMPLATE), name, tuple(Voice), dict.fromkeys(Voice, "AB23CD45"), K, salt=b"walk")
    steps = Walk(survey, asked, voice, "de", lambda text: said.append(text.replace(FSI, "").replace(PDI, "")))
    return walk(steps, lines), said


def hint(name: str, voice: Voice = Voice.SOCIETY) -> tuple[str, str]:
    """The notice as the first thing said, and its version."""
    survey = Survey("walk", 0, commune(TEMPLATE), name, tuple(Voice), dict.fromkeys(Voice, "AB23CD45"), K, salt=b"walk")
    text = notice.text(survey, load()[name], voice, "de").replace(FSI, "").replace(PDI, "")
    buttons = "  #1 Ich habe das gelesen und mache mit\n  #2 andere Sprache"
    return f"{text}\n\n{buttons}", notice.version(survey, load()[name], voice)


D1 = "Wo erleben Sie hier, dass Menschen offen füreinander sind?"
D1_HELP = "Zum Beispiel: Eine Nachbarin hilft beim Formular. Oder: Im Verein sind Neue sofort willkommen."
D2 = "Wo fehlt hier noch Offenheit? Was macht es schwer, dazuzugehören?"
D2_HELP = (
    "Zum Beispiel: Ein Brief vom Amt ist schwer zu verstehen. Oder: Bei der Suche nach einer Wohnung antwortet niemand."
)
D3 = "Welche Idee haben Sie, damit hier künftig alle dazugehören?"
D3_HELP = "Zum Beispiel: ein Fest in der Straße oder Formulare in mehreren Sprachen."
WRITE = "Schreiben Sie jeden Gedanken in eine eigene Nachricht. Danach drücken Sie „fertig“."
MORE = "Schreiben Sie gern weiter, oder drücken Sie „fertig“."


def test_the_whole_dialog() -> None:
    begins, version = hint("dialog-1")
    found, said = walked("dialog-1", ["#1", "Im Sportverein.", "In der Schule.", "fertig", "#3", "#1", "\n", "#2"])
    assert said == [
        begins,
        f"Frage 1 von 3\n\n{D1}\n\n{D1_HELP}\n\n{WRITE}\n\n  #1 fertig\n  #2 überspringen",
        f"Frage 1 von 3\n\n{D1}\n\n{D1_HELP}\n\nNotiert: 1 Beitrag\n• Im Sportverein.\n\n{MORE}\n\n"
        "  #1 fertig\n  #2 letzten Beitrag löschen",
        f"Frage 1 von 3\n\n{D1}\n\n{D1_HELP}\n\nNotiert: 2 Beiträge\n• Im Sportverein.\n• In der Schule.\n\n{MORE}\n\n"
        "  #1 fertig\n  #2 letzten Beitrag löschen",
        f"Frage 2 von 3\n\n{D2}\n\n{D2_HELP}\n\n{WRITE}\n\n  #1 fertig\n  #2 zurück\n  #3 überspringen",
        f"Frage 3 von 3\nDiese Frage ist freiwillig.\n\n{D3}\n\n{D3_HELP}\n\n{WRITE}\n\n"
        "  #1 fertig\n  #2 zurück\n  #3 überspringen",
        "Ihre Antworten im Überblick\n\nOffene Fragen: 1 von 3 beantwortet, 2 übersprungen\n\n"
        "Erst wenn Sie abgeben, zählen Ihre Antworten mit.\n\n  #1 Offene Fragen\n  #2 Antworten abgeben",
        "Vielen Dank! Ihre Antworten sind abgegeben.\n\nWie es weitergeht: Das Ergebnis stellen wir öffentlich vor. "
        "Danach überlegen wir gemeinsam, was sich ändern soll.\n\n"
        "Bis die Umfrage endet, können Sie Ihre Antworten noch ändern.\n\nWenn jetzt eine andere Person an diesem "
        "Telefon antwortet, sind Ihre Antworten hier nicht mehr zu sehen und nicht mehr zu ändern.\n\n"
        "  #1 Antworten ansehen oder ändern\n  #2 Ergebnis zuschicken lassen\n  #3 für eine weitere Person ausfüllen",
    ]
    assert found == Conversation(
        "walk", "terminal", Voice.SOCIETY, "de", version,
        answers={"d1": FINISHED, "d2": SKIPPED, "d3": SKIPPED},
        statements=(Statement("d1", "Im Sportverein."), Statement("d1", "In der Schule.")),
        place=Place.THANKS, version=7, since=6, handed_in=True,
    )  # fmt: skip


def test_a_part_of_the_short_form_with_words_numbers_back_and_a_pause() -> None:
    lines = ["#1", "#2", "eher nein", "5", "vielleicht", "zurück", "#7", "/pause", "/start"]
    found, said = walked("kurzform-1", lines, Voice.ADMINISTRATION)
    field = "Management und Steuerung"
    scale = "  #1 ja\n  #2 eher ja\n  #3 eher nein\n  #4 nein\n  #5 keine Einschätzung"
    third = "Sehen die Führungskräfte der Verwaltung Weltoffenheit als ihre eigene Aufgabe?"
    fourth = "Prüft unsere Stadt regelmäßig, ob ihre Maßnahmen für mehr Weltoffenheit wirken?"
    asks_fourth = (
        f"Feld 1 von 7, Frage 4 von 4\n{field}\n\n{fourth}\n\n{scale}\n  #6 zurück\n  #7 überspringen\n  #8 Beispiel ⓘ"
    )
    assert said == [
        hint("kurzform-1", Voice.ADMINISTRATION)[0],
        f"Feld 1 von 7, Frage 1 von 4\n{field}\n\n"
        f"Ist bei uns klar geregelt, wer die Arbeit für mehr Weltoffenheit steuert?\n\n{scale}\n"
        "  #6 überspringen\n  #7 Beispiel ⓘ",
        f"Feld 1 von 7, Frage 2 von 4\n{field}\n\nGehört Weltoffenheit zu den wichtigen Zielen unserer Verwaltung?\n\n"
        f"{scale}\n  #6 zurück\n  #7 überspringen",
        "Notiert: eher nein",
        f"Feld 1 von 7, Frage 3 von 4\n{field}\n\n{third}\n\n{scale}\n  #6 zurück\n  #7 überspringen\n  #8 Beispiel ⓘ",
        "Notiert: keine Einschätzung",
        asks_fourth,
        "Bitte antworten Sie mit einem der Knöpfe, mit dem Wort oder mit einer Zahl: 1 ja, 2 eher ja, 3 eher nein, "
        "4 nein, 5 keine Einschätzung.",
        asks_fourth,
        f"Feld 1 von 7, Frage 3 von 4\n{field}\n\n{third}\n\nBisherige Antwort: keine Einschätzung\n\n{scale}\n"
        "  #6 zurück\n  #7 so lassen\n  #8 Antwort zurücknehmen\n  #9 Beispiel ⓘ",
        asks_fourth,
        "Pause. Alles ist gespeichert.\n\n33 Fragen sind noch offen.\n\n"
        "Machen Sie weiter, wann Sie möchten, auch nach Tagen.\n\n  #1 weiter",
        asks_fourth,
    ]
    assert found.answers == {"1.1": "rather-yes", "1.2": "rather-no", "1.3": "cannot-say"}
    assert (found.place, found.at, found.handed_in) == (Place.QUESTION, None, False)


def test_the_whole_long_form_is_handed_in_without_another_person_and_without_a_result_to_be_sent() -> None:
    asked = load()["selbstcheck-1"]
    answers = [
        line for q in asked.questions for line in (["Konzept 2018", "eher ja"] if q.rating else ["#2", "Amt 50"])
    ]
    found, said = walked("selbstcheck-1", ["#1", *answers, "#8", "/settings", "/start"], Voice.ADMINISTRATION)
    assert found.answers == {q.id: "rather-yes" if q.rating else REFERRED for q in asked.questions}
    assert set(found.referrals.values()) == {"Amt 50"} and len(found.statements) == 105
    assert (found.place, found.handed_in) == (Place.THANKS, True)
    assert said[-2].endswith("  #1 jede Frage als neue Nachricht\n  #2 Sprache ändern\n  #3 weiter")
    assert said[-1].startswith("Vielen Dank! Ihr Teil ist abgegeben.\n\nWie es weitergeht: Die Koordination")
    assert said[-1].endswith("\n\n  #1 Antworten ansehen oder ändern")


def test_nothing_is_asked_before_consent() -> None:
    begins, _ = hint("dialog-1")
    found, said = walked("dialog-1", ["ja", "#2", "#9", "/summary", "/help", "/privacy"])
    assert said == [
        begins, begins, begins, begins,
        "Diesen Befehl kenne ich nicht. Mit /help sehen Sie, was ich kann.",
        help_text("de").text,
        begins.split("\n\n  #1")[0],
    ]  # fmt: skip
    assert (found.notice, found.answers, found.version) == ("", {}, 1)


@pytest.mark.parametrize("line", ["#0", "#3", "#", "#²", "#x", "# 1"])
def test_a_button_that_is_not_there_is_a_text(line: str) -> None:
    assert walked("dialog-1", ["#1", line])[0].statements == (Statement("d1", line),)


@pytest.mark.parametrize(("button", "word"), [("#1", Plain.DELETED), ("#2", Plain.DELETED_ALL)])
def test_deleting_ends_the_walk(button: str, word: Plain) -> None:
    found, said = walked("dialog-1", ["#1", "Hier.", "/delete", button, "danach"])
    assert (said[-1], len(said), found.place) == (plain("de", word).text, 5, Place.DELETE)


def test_another_person_begins_with_the_notice() -> None:
    begins, version = hint("dialog-1")
    found, said = walked("dialog-1", ["#1", "Hier.", "/summary", "#3", "#3", "zu früh", "#1"])
    assert said[-3:-1] == [begins, begins]
    assert found == Conversation("walk", "terminal", Voice.SOCIETY, "de", version, person=2)


def test_a_copy_of_the_data_and_another_language() -> None:
    found, said = walked("dialog-1", ["#1", "Hier.", "/mydata", "/language", "#3"])
    assert said[3].startswith("Das ist alles, was zu Ihnen gespeichert ist.\n")
    assert ("• Hier." in said[3], found.language, found.statements) == (True, "en", (Statement("d1", "Hier."),))
    assert said[-2].split("\n\n") == [
        "In welcher Sprache möchten Sie weitermachen?",
        "\n".join(f"  #{n} {language.name}" for n, language in enumerate(languages().values(), 1)),
    ]
