"""The sheet of paper: every question once, a notice that is true on paper, and nothing of the chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import product

import pytest

from bot import notice
from bot.checking import survey_for
from bot.printed import sheet
from bot.view import RATINGS, offered_in
from conversations.questionnaire import Kind, Questionnaire, Voice, load
from locales import FSI, PDI, catalogue, languages

ASKED = load()
PERSONS = [q for q in ASKED.values() if not q.institution]
KURZFORM, DIALOG = ASKED["kurzform-1"], ASKED["dialog-1"]
EVERY = [(q.name, voice, code) for q in PERSONS for voice, code in product(q.voices, offered_in(q))]
OF_THE_CHAT = re.compile(r"telegram|تيليغرام|تلگرام|(?<!\S)/[a-z]|[{}\u2066-\u2069\u200e\u200f]", re.IGNORECASE)
VOID = {"meta", "col"}


class Page(HTMLParser):
    """A page as (tag, attributes, text) of every element, in the order in which they begin."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = (tag, {k: v or "" for k, v in attrs}, list[str]())
        self.found.append(one)
        if tag not in VOID:
            self.open.append(one)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, _, text in self.open:
            text.append(data)

    def texts(self, tag: str, class_: str | None = None) -> list[str]:
        """The texts of all elements of a tag, and class."""
        return [
            plain("".join(text))
            for name, attributes, text in self.found
            if name == tag and class_ in (None, attributes.get("class"))
        ]


def survey(asked: Questionnaire, kind: Kind = Kind.CITY):  # type: ignore[no-untyped-def]
    found = survey_for(asked)
    closes = datetime(2026, 12, 18, 17, tzinfo=UTC)
    return replace(found, id="7k2mqp", closes=closes, commune=replace(found.commune, kind=kind))


def page(asked: Questionnaire, voice: Voice = Voice.SOCIETY, code: str = "de", kind: Kind = Kind.CITY) -> Page:
    return Page(sheet(survey(asked, kind), asked, voice, code, date(2026, 12, 18)))


def plain(text: str) -> str:
    return " ".join(text.replace(FSI, "").replace(PDI, "").split())


def wanted(asked: Questionnaire, voice: Voice, code: str, kind: Kind) -> Iterator[str]:
    """What stands beside every id: the question, that it is optional, and its example."""
    words = catalogue(code)
    for question in asked.questions:
        optional = words.t("Diese Frage ist freiwillig.") if question.optional else ""
        example = words.of(asked.name, question.help[voice][kind]) if question.help.get(voice) else ""
        yield f"{question.id} {words.of(asked.name, question.text[voice][kind])} {optional} {example}"


@pytest.mark.parametrize(("name", "voice", "code"), EVERY)
def test_every_question_once_in_the_order_of_the_chat_and_nothing_of_the_chat(
    name: str, voice: Voice, code: str
) -> None:
    asked, language = ASKED[name], languages()[code]
    for kind in Kind:
        found = page(asked, voice, code, kind)
        rows = [plain("".join(x)) for tag, a, x in found.found if tag == "h3" or a.get("scope") == "row"]
        assert rows == [plain(one) for one in wanted(asked, voice, code, kind)]
        ratings = [q.id for q in asked.questions if q.rating]
        assert (len(found.texts("span", "box")), len(found.texts("div", "line"))) == (
            5 * len(ratings), (4 if asked.fields else 8) * (len(asked.questions) - len(ratings)),
        )  # fmt: skip
        labels = [catalogue(code).t(label) for label in RATINGS.values()]
        tables = sum(any(q.rating for q in f.questions) for f in asked.fields)
        heads = ["".join(x) for _, a, x in found.found if a.get("scope") == "col"]
        assert heads == [f"{n} {label}" for n, label in enumerate(labels, 1)] * tables
        assert found.texts("span", "value") == ["1", "2", "3", "4", "5"] * len(ratings)
        (whole,) = found.texts("body")
        assert OF_THE_CHAT.findall(whole) == []
        root = found.found[0][1]
        assert (root["lang"], root["dir"]) == (language.tag, language.direction)


def test_the_notice_says_what_is_true_on_paper() -> None:
    words = notice.on_paper(survey(KURZFORM), KURZFORM, Voice.SOCIETY, "de")
    assert [plain(one) for one in words] == [
        plain(KURZFORM.introduction[Voice.SOCIETY][Kind.CITY]),
        "Wer fragt: Integrationsbüro, Musterstadt. Kontakt: integrationsbuero@musterstadt.example, Rathausplatz 1, "
        "Telefon 0000 0000 Verantwortlich für die Daten: Stadt Musterstadt, Der Oberbürgermeister, Rathausplatz 1, "
        "00000 Musterstadt Für Datenschutz zuständig: Datenschutzbeauftragte der Stadt, "
        "datenschutz@musterstadt.example",
        "Warum: Wir möchten wissen, wie weltoffen das Zusammenleben vor Ort ist. Rechtsgrundlage: Ihre Einwilligung "
        "(Art. 6 Abs. 1 Buchst. a DSGVO) Dauer: etwa 7 Minuten",
        "Gespeichert werden Ihre Antworten, Ihre Sprache und ein Kürzel, das der Zufall bestimmt. Es führt nicht zu "
        "Ihnen. Ihr Name und die Uhrzeit werden nicht gespeichert. Gelöscht wird alles spätestens am 18. März 2027. "
        "In Sicherungskopien kann es noch 30 Tage länger stehen. Auch die Bögen werden vernichtet, spätestens am Tag "
        "der Löschung.",
        "Wer liest was: Das Integrationsbüro liest die Ergebnisse und prüft freie Texte. Sonst liest niemand "
        "Antworten. Ergebnisse werden nur gezeigt, wenn mindestens 5 Personen abgegeben haben. Wenn am Ende alle "
        "gleich geantwortet haben, ist auch das im Ergebnis zu sehen. Was Sie schreiben, wird erst gezeigt, wenn ein "
        "Mensch es geprüft hat. Bitte schreiben Sie keine Namen. Wer die Bögen abtippt, liest sie. Wenn niemand Ihre "
        "Handschrift erkennen soll, schreiben Sie in Druckbuchstaben.",
        "Die Teilnahme ist freiwillig. Ihre Antworten haben keinen Einfluss auf Aufenthalt, Geld oder Anträge. Die "
        "Ausländerbehörde bekommt sie nicht.",
        "Wenn Sie den Bogen abgeben, sagen Sie damit: Ich habe das gelesen und mache mit. Bis dahin können Sie "
        "jederzeit aufhören. Auf dem Bogen steht nicht, von wem er ist. Darum können wir Ihre Antworten danach nicht "
        "mehr einzeln zeigen, ändern oder löschen. Beschweren können Sie sich bei: Landesbeauftragte für den "
        "Datenschutz Mindestalter: 16 Jahre",
    ]
    assert page(KURZFORM).texts("p")[1:8] == [plain(one) for one in words]


def test_a_dialogue_is_introduced_without_messages_and_has_nothing_to_tick() -> None:
    found = page(DIALOG)
    assert found.texts("p")[1] == "Es geht darum, wie offen das Leben hier für alle ist."
    assert "Nachricht" not in found.texts("body")[0]
    assert found.texts("p")[-3:] == [
        "Was Sie nicht beantworten möchten, lassen Sie frei. Wo Linien sind: Beginnen Sie jeden Gedanken in einer "
        "neuen Zeile.",
        "Abgeben bei: Integrationsbüro, integrationsbuero@musterstadt.example, Rathausplatz 1, Telefon 0000 0000 "
        "Abgeben bis: 18. Dezember 2026 Wie es weitergeht: Das Ergebnis stellen wir öffentlich vor. Danach überlegen "
        "wir gemeinsam, was sich ändern soll.",
        f"7k2mqp · dialog-1 · society · de · {notice.version_on_paper(survey(DIALOG), DIALOG, Voice.SOCIETY)}",
    ]


def test_the_text_version_is_that_of_the_german_wording_and_not_the_chat_s() -> None:
    one, other = survey(KURZFORM), replace(survey(KURZFORM), closes=None)
    versions = [notice.version_on_paper(s, KURZFORM, v) for s in (one, other) for v in KURZFORM.voices]
    assert len({*versions, notice.version(one, KURZFORM, Voice.SOCIETY)}) == 7
    assert all(re.fullmatch("[0-9a-f]{8}", one) for one in versions)
    assert page(KURZFORM, code="ar").texts("footer")[0].split(" · ")[-1] == versions[2]


def test_without_a_day_none_is_named() -> None:
    found = Page(sheet(replace(survey(KURZFORM), closes=None), KURZFORM, Voice.SOCIETY, "de", None))
    assert "Abgeben bis" not in found.texts("body")[0]
    assert "Gelöscht wird alles 90 Tage nach dem Ende der Umfrage." in found.texts("body")[0]


@pytest.mark.parametrize("name", ['Bad <Muster> & "Söhne"', "</style><script>alert(1)</script>", "عمّان"])
def test_what_a_commune_calls_itself_is_text(name: str) -> None:
    one = survey(KURZFORM)
    source = sheet(replace(one, commune=replace(one.commune, name=name)), KURZFORM, Voice.SOCIETY, "de", None)
    found = Page(source)
    assert (found.texts("p")[0], found.texts("script")) == (name, [])


def test_nothing_is_fetched_from_anywhere() -> None:
    source = sheet(survey(KURZFORM), KURZFORM, Voice.SOCIETY, "zh_Hans", None)
    assert re.findall(r"https?:|url\(|@import|\bsrc=|<link", source) == []
