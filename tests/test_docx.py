"""Word files: the Auswertung of persons and of a town, and the paper for the council, as Word would read them."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import re
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import signed_town
from click.testing import CliRunner
from conftest import Clock, House, opened_survey
from docx import Document
from docx.document import Document as Word
from samples import (
    DESSAU,
    DIALOG_STATEMENTS,
    FACTS,
    STATEMENTS,
    K,
    closed_dialog,
    dialog,
    kurzform,
    row,
    same,
    three_voices,
)
from test_report import dessau_release, unframed, words_in
from test_statement import ASKED, Desk

sys.path.insert(0, str(Path(__file__).parent / "chaos"))
from hostile import TEXTS

from bot.cli import main
from bot.identity import Key
from bot.settings import opened as settings_opened
from bot.settings import settings
from bot.telegram.receive import Receiver
from conversations.questionnaire import Voice, load
from conversations.store import Store, open_store
from reports.docx import docx
from reports.release import Answers, Release, release
from reports.statement_views import StatementViews
from reports.statement_vorlage import Consultation, Goal, Proposal, Vorlage, VorlageError, begun, parsed, vorlage
from reports.wordfile import OfficeError, WordTemplateError, own_template
from reports.wordml import SYMBOL_FONT, writable

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


async def made_in(store: Store, key: Key) -> Release:
    """The second version of a statement with everything in it."""
    clock = Clock()
    survey = await opened_survey(store, "bbbbbb", ASKED.name, voices=(Voice.ADMINISTRATION,))
    house = House(store, key, clock, Receiver(store, key, load(), clock), survey)
    return (await signed_town.signed(Desk(house, survey)))[1]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Release:
    async def made() -> Release:
        async with await open_store(tmp_path_factory.mktemp("town") / "w.db", create=True) as store:
            return await made_in(store, Key(bytes(range(32))))

    return asyncio.run(made())


@cache
def of_persons(code: str = "de") -> bytes:
    return docx(three_voices().document, kurzform(), words_in(code), "Wilhelmshaven", STATEMENTS)


def of_town(town: Release, code: str = "de") -> bytes:
    return docx(town.document, ASKED, words_in(code), "Dessau-Roßlau")


def word(content: bytes) -> Word:
    return Document(io.BytesIO(content))


def parts(content: bytes) -> dict[str, ElementTree.Element]:
    """Every XML file inside, read by a parser that forgives nothing."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {
            name: ElementTree.fromstring(packed.read(name))
            for name in packed.namelist()
            if name.endswith((".xml", ".rels"))
        }


def text_of(element: Any) -> str:
    return "".join(t.text or "" for t in element.iter(f"{W}t"))


def lines(content: bytes) -> list[str]:
    """Every paragraph with a text, in cells too, in the order in which it is read."""
    body = parts(content)["word/document.xml"]
    return [found for p in body.iter(f"{W}p") if (found := text_of(p))]


def outline(content: bytes, level: int) -> list[str]:
    return [p.text for p in word(content).paragraphs if p.style is not None and p.style.name == f"Heading {level}"]


def table(content: bytes, caption: str) -> list[list[str]]:
    """The rows of the table below a caption."""
    for found in word(content).tables:
        if found._tbl.tblPr.find(f"{W}tblCaption").get(f"{W}val") == caption:
            return [[cell.text for cell in row.cells] for row in found.rows]
    raise LookupError(caption)


# ---- what Word needs to know ------------------------------------------------------------------------------------


def test_headings_of_the_auswertung_of_persons() -> None:
    fields = [
        "Handlungsfeld 1: Management und Steuerung", "Handlungsfeld 2: Fairer Zugang und Teilhabechancen",
        "Handlungsfeld 3: Arbeit und wirtschaftliche Entwicklung",
        "Handlungsfeld 4: Interkulturelle Öffnung und Antirassismus", "Handlungsfeld 5: Engagement und Beteiligung",
        "Handlungsfeld 6: Zusammenhalt und Begegnung", "Handlungsfeld 7: Kommunikation und Konfliktmanagement",
    ]  # fmt: skip
    chapters = [
        "Überblick", *fields, "Gesamtbewertung und Schwerpunkte", "Die Stimmen nebeneinander",
        "Was die Menschen gesagt haben", "Wer mitgemacht hat", "So wurde gerechnet", "Grenzen und Schutz",
    ]  # fmt: skip
    made = of_persons()
    assert outline(made, 1) == chapters
    contents = [p for p in word(made).paragraphs if p.style is not None and p.style.name == "toc 1"]
    assert [text_of(p._p) for p in contents] == chapters, "the table of contents is filled in"
    anchors = [p._p.find(f"{W}hyperlink").get(f"{W}anchor") for p in contents]
    marks = [b.get(f"{W}name") for b in parts(made)["word/document.xml"].iter(f"{W}bookmarkStart")]
    assert anchors == marks
    fields_of_word = [i.text.strip() for i in parts(made)["word/document.xml"].iter(f"{W}instrText")]
    assert fields_of_word == ['TOC \\o "1-1" \\h \\z \\u']
    footer = [i.text.strip() for i in parts(made)["word/footer1.xml"].iter(f"{W}instrText")]
    assert footer == ["PAGE", "NUMPAGES"]


@pytest.mark.parametrize("kind", ["persons", "town", "dialog", "paper"])
def test_every_table_is_one_for_those_who_hear_it_and_nothing_is_empty_for_spacing(kind: str, town: Release) -> None:
    made = {
        "persons": of_persons, "town": lambda: of_town(town),
        "dialog": lambda: docx(closed_dialog().document, dialog(), words_in("de"), "Jever", DIALOG_STATEMENTS),
        "paper": lambda: vorlage(town.document, ASKED, words_in("de"), "Dessau-Roßlau", FILLED)[0],
    }[kind]()  # fmt: skip
    found = word(made)
    for one in found.element.body.iter(f"{W}tbl"):
        rows = one.findall(f"{W}tr")
        headed = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows]
        assert headed == [True, *[False] * (len(rows) - 1)]
        assert len(rows) > 1
        for name in ("tblCaption", "tblDescription"):
            assert one.find(f"{W}tblPr/{W}{name}").get(f"{W}val")
        columns = len(one.findall(f"{W}tblGrid/{W}gridCol"))
        for each in rows:
            spans = [c.find(f"{W}tcPr/{W}gridSpan") for c in each.findall(f"{W}tc")]
            assert sum(1 if s is None else int(s.get(f"{W}val")) for s in spans) == columns
        assert one.getnext().tag == f"{W}p", "two tables in a row would become one"
    outside = [p for p in found.element.body.findall(f"{W}p") if not text_of(p)]
    assert outside == []
    levels = [int(p.style.name[-1]) for p in found.paragraphs if p.style is not None and "Heading " in p.style.name]
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), "no level is left out"


@pytest.mark.parametrize("kind", ["persons", "town"])
def test_a_symbol_never_stands_without_its_word(kind: str, town: Release) -> None:
    body = parts(of_persons() if kind == "persons" else of_town(town))["word/document.xml"]
    seen = set()
    for paragraph in body.iter(f"{W}p"):
        runs = [*paragraph.iter(f"{W}r"), None]
        for run, following in pairwise(runs):
            assert run is not None
            fonts = run.find(f"{W}rPr/{W}rFonts")
            if fonts is not None and fonts.get(f"{W}ascii") == SYMBOL_FONT:
                seen.add(text_of(run))
                assert following is not None
                assert re.match(r" \w", text_of(following))
    assert seen == {"✓", "(✓)", "(✘)", "✘", "–"}
    outside = [r for r in body.iter(f"{W}r") if re.search("[✓✘]", text_of(r)) and r.find(f".//{W}rFonts") is None]
    assert outside == []


@pytest.mark.parametrize(("code", "tag"), [("de", "de-DE"), ("en", "en-GB"), ("ar", "ar-SA")])
def test_language_and_properties(code: str, tag: str) -> None:
    made = of_persons(code)
    core = word(made).core_properties
    day = (core.created.year, core.created.month, core.created.day) if core.created else None
    assert (core.language, core.author, core.last_modified_by, day) == (
        tag,
        "Wilhelmshaven",
        "weltoffen",
        (2026, 11, 2),
    )
    assert core.title == text_of(parts(made)["word/header1.xml"])
    assert "Wilhelmshaven" in core.title
    lang = parts(made)["word/styles.xml"].find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert lang is not None
    assert {lang.get(f"{W}{name}") for name in ("val", "bidi", "eastAsia")} == {tag}
    size = word(made).sections[0]
    assert (size.page_width.mm, size.page_height.mm) == (pytest.approx(210, abs=0.1), pytest.approx(297, abs=0.1))


def test_arabic_is_read_from_the_right_and_what_is_not_arabic_from_the_left() -> None:
    found = parts(of_persons("ar"))
    body = found["word/document.xml"]
    for name in ("word/document.xml", "word/header1.xml", "word/footer1.xml"):
        for paragraph in found[name].iter(f"{W}p"):
            assert paragraph.find(f"{W}pPr/{W}bidi") is not None
    assert all(t.find(f"{W}tblPr/{W}bidiVisual") is not None for t in body.iter(f"{W}tbl"))
    assert body.find(f"{W}body/{W}sectPr/{W}bidi") is not None
    (german,) = [p for p in body.iter(f"{W}p") if text_of(p) == "Die Briefe sind schwer zu verstehen."]
    bidi, rtl = german.find(f"{W}pPr/{W}bidi"), german.find(f"{W}r/{W}rPr/{W}rtl")
    assert bidi is not None
    assert (bidi.get(f"{W}val"), rtl) == ("0", None)
    (arabic,) = [p for p in body.iter(f"{W}p") if text_of(p) == "المكتبة مكان جيد للجميع."]
    assert arabic.find(f"{W}r/{W}rPr/{W}rtl") is not None
    (german,) = [p for p in parts(of_persons())["word/document.xml"].iter(f"{W}p")
                 if text_of(p) == "المكتبة مكان جيد للجميع."]  # fmt: skip
    assert german.find(f"{W}pPr/{W}bidi") is not None, "in a German document too"
    assert german.find(f"{W}r/{W}rPr/{W}noProof") is not None, "nobody knows its language"


def test_names_of_languages_are_marked_as_what_they_are() -> None:
    runs = [r for r in parts(of_persons())["word/document.xml"].iter(f"{W}r") if r.find(f"{W}rPr/{W}lang") is not None]
    found = [(text_of(r), r.find(f"{W}rPr/{W}lang").get(f"{W}val")) for r in runs]  # type: ignore[union-attr]
    assert found == [("Deutsch", "de"), ("العربية", "ar"), ("English", "en")]


def test_a_towns_own_words_are_german_in_an_english_document(town: Release) -> None:
    def marked(code: str) -> set[str]:
        body = parts(of_town(town, code))["word/document.xml"]
        runs = [(text_of(r), r.find(f"{W}rPr/{W}lang")) for r in body.iter(f"{W}r")]
        return {text for text, lang in runs if lang is not None and lang.get(f"{W}val") == "de-DE"}

    assert marked("de") == set()
    said = {"Seit 2016 gibt es eine Steuerungsgruppe.", "Die Pflegeberatung liegt beim Land.",
            "Kennzahlen erheben", "Seit Januar gilt eine neue Richtlinie."}  # fmt: skip
    assert said <= marked("en")


# ---- figures and texts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "period"),
    [(date(2026, 9, 14), "14. September 2026 bis 30. Oktober 2026"), (date(2026, 10, 30), "30. Oktober 2026")],
)
def test_an_event_of_one_day_has_one_day_and_withheld_voices_no_chapter(opened: date, period: str) -> None:
    found = release(kurzform(), replace(FACTS, opened=opened), {Voice.POLITICS: Answers({}, 3, 1)}, K)
    content = docx(found.document, kurzform(), words_in("de"), "Jever", {})
    assert (f"Zeitraum: {period}" in lines(content), outline(content, 1)) == (True, ["Grenzen und Schutz"])


def test_figures_by_hand() -> None:
    made = of_persons()
    text = unframed("\n".join(lines(made)))
    assert "Gesellschaft: 62 Teilnehmende, selbst gewählt, nicht repräsentativ" in text
    assert "Politik: zurückgehalten, zum Schutz kleiner Gruppen" in text
    assert three_voices().digest in text
    counts = table(made, "Wie oft jede Antwort gegeben wurde")
    # administration 1.1: 4, 7, 2, 0 and one "keine Einschätzung" of 14; 28/13 = 2.15
    assert counts[1][0] == "1.1 Strukturen und Prozesse zur Steuerung"
    assert counts[2] == ["Verwaltung", "4", "7", "2", "0", "1", "0", "0", "2,15", "(✓) eher ja"]
    glance = table(made, "Mittelwert je Handlungsfeld, in der Spalte seiner Stufe")
    assert glance[3] == ["3 Arbeit und wirtschaftliche Entwicklung", "", "", "1,75 Gesellschaft", "2,50 Verwaltung"]
    assert table(made, "Sprache, in der geantwortet wurde")[1:] == [
        ["Deutsch", "38"], ["العربية", "13"], ["English", "6"], ["andere oder ohne Angabe", "5"],
    ]  # fmt: skip
    assert lines(made).count("zurückgezogen") == 1
    assert 'Bei der <b>Wohnungssuche</b> kommt "keine" Antwort.' in lines(made)


def test_dessau_rosslau_in_word() -> None:
    made = docx(dessau_release().document, kurzform(), words_in("de"), "Dessau-Roßlau", {})
    criteria = table(made, "34 Kriterien, bewertet von jeder Stimme für sich")
    assert ["2.6 Transport und Mobilität", "– keine Einschätzung"] in criteria
    assert ["5 Engagement und Beteiligung", "auf dem Weg"] in criteria
    assert ["3 Arbeit und wirtschaftliche Entwicklung", "weltoffen aufgestellt"] in criteria
    assert "33 von 34 Fragen bearbeitet." in lines(made)
    assert "Die Stimmen nebeneinander" not in outline(made, 1), "one voice has none beside it"


@pytest.mark.parametrize("code", ["en", "ar"])
def test_in_every_language_the_same_numbers(code: str) -> None:
    def numbers(language: str) -> list[str]:
        cells = [c.text for t in word(of_persons(language)).tables for r in t.rows for c in r.cells]
        return [c.replace(",", ".") for c in cells if re.fullmatch(r"[0-9.,]+", c)]

    assert numbers(code) == numbers("de")
    assert len(numbers("de")) > 34 * 2 * 8


def test_nothing_of_a_withheld_voice_or_below_k_appears() -> None:
    """Two surveys that differ only in what must not be seen give the same bytes."""

    def of(politics: dict[str, dict[str, int]], hidden: str) -> bytes:
        society = {"1.1": row("20 10 5 5 0 0"), "1.2": row(hidden)}
        voices = {Voice.POLITICS: Answers(politics, 4, 2), Voice.SOCIETY: Answers(society, 40, 3, {"de": 40})}
        return docx(release(kurzform(), FACTS, voices, K).document, kurzform(), words_in("de"), "Jever", {})

    canary = {one: {"no": 4} for one in kurzform().criteria}
    assert of({}, "4 0 0 0 30 6") == of(canary, "0 0 1 0 39 0")


def test_the_auswertung_of_a_town(town: Release) -> None:
    made = of_town(town)
    text = lines(made)
    first = text[text.index("Handlungsfeld 1: Management und Steuerung", 20) :]
    first = first[: first.index("Handlungsfeld 2: Fairer Zugang und Teilhabechancen")]
    asked, told = (
        "Welche Maßnahmen gibt es bei uns in diesem Handlungsfeld?",
        "Welche Akteur*innen vor Ort wirken in diesem Handlungsfeld mit?",
    )
    assert first[:27] == [
        "Handlungsfeld 1: Management und Steuerung",
        "Die Kommune ist auf dem Weg zur Weltoffenheit fortgeschritten.",
        "Mittelwert 1,50 auf der Linie von 0 bis 3",
        "1. Grundlage der Standortbestimmung", "12 von 14 Fragen bearbeitet.",
        "Mit „eher nein“ beantwortet: 1.3.1, 1.3.2 und 1.3.3 (Weltoffenheit als Führungsaufgabe).",
        "Mit „nein“ beantwortet: 1.1.1 (Strukturen und Prozesse zur Steuerung); 1.4.1 (Monitoring).",
        "Knapp: Der Mittelwert 1,50 liegt höchstens 0,1 neben einer Grenze.",
        "Durch Rundung: Aus den ungerundeten Mittelwerten der Kriterien (1,38) ergäbe sich eine andere Stufe.",
        "Ohne ein einzelnes dieser Kriterien hieße die Stufe „auf dem Weg“: 1.1 und 1.2.",
        "Warum Einschätzungen fehlen",
        "1.4.2 und 1.4.3 (Monitoring): keine Einschätzung möglich. Grund: Es gibt noch keine Kennzahlen.",
        "2. Selbstauskunft zu Maßnahmen", asked,
        "Seit 2016 gibt es eine Steuerungsgruppe.", "Sie trifft sich viermal im Jahr.",
        "3. Selbstauskunft zur Beteiligung von Akteur*innen des kommunalen Gemeinwesens", told,
        "Hierzu gibt es keine Angabe.",
        "4. Auswertung und Empfehlung",
        "Die Stadt hat Strukturen, die tragen. Jetzt geht es um den Alltag der Ämter.",
        "Bis zum Sommer soll geschehen:",
        "ein Austausch der Fachbereiche, zweimal im Jahr", "eine kurze Liste von Kennzahlen", "Kennzahlen festlegen",
        "Kennzahlen erheben", "Der Integrationsbeirat wird dazu gehört.",
    ]  # fmt: skip
    assert first[first.index("Entscheidungen") + 2 :] == [
        "1.1.1: ✘ nein. Grund: Die Stelle ist zum Jahresende weggefallen. Angegeben hatten: Dezernat I, "
        "Integrationsbüro: eher ja.",
        *(f"1.3.{n}: (✘) eher nein. Grund: Das Personalamt sieht den Alltag; das Konzept ist jünger als drei Jahre. "
          "Angegeben hatten: Dezernat I, Integrationsbüro: eher ja; Dezernat II, Personalamt: nein."
          for n in (1, 2, 3)),
        "Belege der Stellen",
        "1.1.1: Integrationskonzept, Beschluss des Stadtrats von 2018 (Dezernat I, Integrationsbüro)",
    ]  # fmt: skip
    at = text.index("Stellungnahmen")
    assert text[at + 1 : at + 4] == [
        "Dezernat II, Personalamt, am 1. März 2027",
        "Das Personalamt weist darauf hin, dass drei der Fragen das Jahr 2024 betreffen.",
        "Seit Januar gilt eine neue Richtlinie.",
    ]
    long = "".join("".join(signed_town.long_report(10_000).split()))
    assert long in "".join("".join(text).split()), "a self-report of 10,000 characters, all of it"


def test_the_end_of_a_statement(town: Release) -> None:
    made = of_town(town)
    text = lines(made)
    focus = "Interkulturelle Öffnung und Antirassismus (4) und Engagement und Beteiligung (5)"
    assert f"Gewählt: {focus}." in text
    assert "Grund: Hier liegen die meisten offenen Fragen, und beide Ämter wollen beginnen." in text
    rows = table(made, "6 Fragen ohne Einschätzung, mit dem Grund")
    assert [(row[0].split()[0], *row[1:]) for row in rows[1:]] == [
        ("1.4.2", "– keine Einschätzung möglich", "Es gibt noch keine Kennzahlen."),
        ("1.4.3", "– keine Einschätzung möglich", "Es gibt noch keine Kennzahlen."),
        ("2.5.3", "– keine Einschätzung möglich", "Die Pflegeberatung liegt beim Land."),
        *((f"2.6.{n}", "– nicht bearbeitet", "Der Nahverkehr gehört zum Landkreis; er wurde nicht gefragt.")
          for n in (1, 2, 3)),
    ]  # fmt: skip
    assert "Insgesamt wurden 99 von 105 Fragen bearbeitet." in text
    assert "Koordiniert hat: Integrationsbüro." in text
    assert table(made, "Beteiligte an der Erklärung")[1:3] == [
        ["Dezernat I", "Integrationsbüro", "20 von 22", "ja"], ["Dezernat II", "Personalamt", "21 von 23", "ja"],
    ]  # fmt: skip
    assert "Unterzeichnet: Integrationsbüro, Koordination, am 31. März 2027. Das ist Fassung 2." in text
    (changed,) = table(made, "1 geänderte Antwort")[1:]
    assert (changed[0].split()[0], changed[1:]) == ("1.1.1", ["(✓) eher ja", "✘ nein"])


def test_edited_texts_become_paragraphs_and_lists_of_word(town: Release) -> None:
    found = {p.text: p for p in word(of_town(town)).paragraphs}
    assert [found[t].style.name for t in ("eine kurze Liste von Kennzahlen", "Kennzahlen erheben")] == [  # type: ignore[union-attr]
        "List Bullet", "List Number",
    ]  # fmt: skip
    (bold,) = [r.text for r in found["ein Austausch der Fachbereiche, zweimal im Jahr"].runs if r.bold]
    assert bold == "zweimal im Jahr"


def test_every_numbered_list_begins_at_one(town: Release) -> None:
    made = of_town(town)
    lists = [p._p.pPr.numPr.numId.val for p in word(made).paragraphs
             if p.style is not None and p.style.name == "List Number"]  # fmt: skip
    assert len(set(lists)) == 2, "the edited text's and the rule's"
    numbering = parts(made)["word/numbering.xml"]
    starts = {n.get(f"{W}numId"): n.find(f"{W}lvlOverride/{W}startOverride") for n in numbering.findall(f"{W}num")}
    kinds = {a.get(f"{W}abstractNumId"): a.find(f"{W}lvl/{W}numFmt") for a in numbering.findall(f"{W}abstractNum")}
    for number in numbering.findall(f"{W}num"):
        if int(number.get(f"{W}numId", "0")) in lists:
            kind = kinds[number.find(f"{W}abstractNumId").get(f"{W}val")]  # type: ignore[union-attr]
            assert kind is not None
            assert kind.get(f"{W}val") == "decimal"
    for one in set(lists):
        start = starts[str(one)]
        assert start is not None
        assert start.get(f"{W}val") == "1"


def test_a_dialogue() -> None:
    made = docx(closed_dialog().document, dialog(), words_in("de"), "Jever", DIALOG_STATEMENTS)
    assert outline(made, 1) == ["Was die Menschen gesagt haben", "Wer mitgemacht hat", "Grenzen und Schutz"]


# ---- same bytes, and nothing that people write does anything -----------------------------------------------------


def test_same_release_same_bytes(town: Release) -> None:
    assert of_persons() == of_persons.__wrapped__()
    again = json.loads(town.bytes)
    assert of_town(town) == docx(again, ASKED, words_in("de"), "Dessau-Roßlau")
    for made in (of_persons("ar"), of_town(town), own_template()):
        with zipfile.ZipFile(io.BytesIO(made)) as packed:
            assert {i.date_time for i in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert len(packed.namelist()) == len(set(packed.namelist()))
            assert packed.namelist()[0] == "[Content_Types].xml"


ALL = list(TEXTS.values())
AWKWARD = ["jinja class", "cdata", "noncharacters", "lone high", "controls", "bidi override", "formula after tab"]


def squeezed(text: str) -> str:
    """A text without spaces, and without the signs that edited texts take for bold and italic."""
    return re.sub(r"[*_\\\s]", "", writable(text))


def of_release(text: str) -> str:
    """A text as a release can hold it: no half characters, since its bytes are UTF-8."""
    return text.encode("utf-8", "replace").decode()


def hostile_town(town: Release, name: str, texts: Sequence[str]) -> dict[str, Any]:
    """The release with texts in every place where people write, and with a name wherever there is one."""
    document: dict[str, Any] = json.loads(town.bytes)
    block, name, texts = document["town"], of_release(name), [of_release(text) for text in texts]
    contributor, whole = block["contributors"][0]["id"], "\n\n".join(texts)
    block["signed"]["function"] = name
    block["contributors"][0] |= {"department": name, "function": name, "name": name}
    block["positions"]["1.1.1"] |= {
        "reason": whole, "evidence": [{"contributor": contributor, "text": text} for text in texts],
    }  # fmt: skip
    block["reports"]["1.m"] = whole
    block["comments"] = [{**block["comments"][0], "text": whole}]
    block["choice"]["reason"] = whole
    block["texts"] = {"2": whole, "overall": whole}
    block["changes"] = [{"question": "1.m", "before": "vorher", "after": whole}]
    return document


def harmless(made: bytes, like: bytes) -> None:
    """Holds that a file has the form of another one: its files, elements, tables and fields, and no link to outside."""
    found, other = parts(made), parts(like)
    assert set(found) == set(other)
    assert [r for n, e in found.items() if n.endswith(".rels") for r in e if r.get("TargetMode")] == []
    body, plain = found["word/document.xml"], other["word/document.xml"]
    assert [i.text for i in body.iter(f"{W}instrText")] == [i.text for i in plain.iter(f"{W}instrText")]
    named = {f"{W}{name}" for name in ("br", "i", "iCs", "b", "bCs", "rtl", "bidi", "numPr", "ilvl", "numId")}
    assert {e.tag for e in body.iter()} - {e.tag for e in plain.iter()} <= named
    assert len(list(body.iter(f"{W}tbl"))) == len(list(plain.iter(f"{W}tbl")))


@pytest.mark.parametrize("code", ["de", "ar"])
def test_hostile_statements_are_text_and_nothing_else(code: str) -> None:
    ids = {"o2": [str(n) for n in range(len(ALL))]}
    document = release(
        kurzform(), FACTS, {Voice.SOCIETY: Answers(same(DESSAU, 12), 12, 0, {"de": 12}, ids)}, K
    ).document
    made = docx(document, kurzform(), words_in(code), "Jever", {"o2": ALL})
    text = squeezed("".join(lines(made)))
    assert [name for name, one in TEXTS.items() if squeezed(one) not in text] == []
    harmless(made, docx(document, kurzform(), words_in(code), "Jever", {"o2": ["Ein Satz."] * len(ALL)}))


@pytest.mark.parametrize("name", AWKWARD)
def test_hostile_texts_of_a_town_and_hostile_names(name: str, town: Release) -> None:
    awkward = TEXTS[name]
    made = docx(hostile_town(town, awkward, ALL if name == AWKWARD[0] else [awkward]), ASKED, words_in("en"), awkward)
    text = squeezed("".join(lines(made)))
    for one in ALL if name == AWKWARD[0] else [awkward]:
        assert text.count(squeezed(of_release(one))) >= 5
    harmless(made, docx(hostile_town(town, "harmlos", ["harmlos"]), ASKED, words_in("en"), "harmlos"))


def test_what_people_write_is_never_taken_for_a_template() -> None:
    quoted = {"o1": ["{{ 7 * 7 }} {% raw %} {_{ x }_}", None, "{{ commune }}", ""], "o2": ["{{r facts }}", "{%p x %}"]}
    text = lines(docx(three_voices().document, kurzform(), words_in("de"), "{{ digest }}", quoted))
    for one in ("{{ 7 * 7 }} {% raw %} {_{ x }_}", "{{ commune }}", "{{r facts }}", "{%p x %}", "{{ digest }}"):
        assert one in text


# ---- the town's own template ------------------------------------------------------------------------------------


def template_of(*paragraphs: str, rename: bool = False) -> bytes:
    """A template as somebody makes one in Word, from an empty document."""
    made = Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    if rename:  # a German Word has ids of its own for the same styles
        for style in made.styles.element.iter(f"{W}style"):
            if style.get(f"{W}styleId") == "Heading1":
                style.set(f"{W}styleId", "berschrift1")
    packed = io.BytesIO()
    made.save(packed)
    return packed.getvalue()


def with_template(tmp_path: Path, content: bytes) -> bytes:
    path = tmp_path / "amt.docx"
    path.write_bytes(content)
    return docx(three_voices().document, kurzform(), words_in("de"), "Wilhelmshaven", STATEMENTS, template=path)


def test_a_template_of_the_towns_own(tmp_path: Path) -> None:
    content = template_of(
        "Amt 50, {{ commune }}: {{ level }}, {{ mean }}", "{%p for field in fields %}",
        "{{ field.id }} {{ field.title }}: {{ field.level }} ({{ field.mean }})", "{%p endfor %}", "{{p overview }}",
        "{{p rule }}", "Ende", rename=True,
    )  # fmt: skip
    made = with_template(tmp_path, content)
    text = lines(made)
    assert text[:3] == [
        "Amt 50, Wilhelmshaven: auf dem Weg fortgeschritten, 1,94",
        "1 Management und Steuerung: auf dem Weg fortgeschritten (1,75)",
        "2 Fairer Zugang und Teilhabechancen: auf dem Weg fortgeschritten (2,10)",
    ]
    assert text[-1] == "Ende"
    assert outline(made, 1) == ["Überblick", "So wurde gerechnet"]
    ids = {p._p.pPr.pStyle.val for p in word(made).paragraphs if p.text == "Überblick"}
    assert ids == {"berschrift1"}, "the template's own heading is used"
    styles = {s.get(f"{W}styleId") for s in parts(made)["word/styles.xml"].iter(f"{W}style")}
    used = {
        s.get(f"{W}val") for tag in ("pStyle", "tblStyle") for s in parts(made)["word/document.xml"].iter(f"{W}{tag}")
    }
    assert used <= styles
    assert table(made, "Die Grenzen")[1] == ["2,5", "ja", "weltoffen aufgestellt"]


def test_our_own_template_is_one_to_begin_with(tmp_path: Path) -> None:
    assert with_template(tmp_path, own_template()) == of_persons()


@pytest.mark.parametrize(
    ("paragraph", "told"),
    [
        ("{{ buergermeister }} {{ commune }}", r"amt\.docx asks for buergermeister; there are: changes, commune, "),
        ("{% for f in fields %}", r"amt\.docx, text: .*endfor"),
        ("{{ commune", r"amt\.docx, text: .*"),
        ("{{ overview }}", r"amt\.docx: overview is a whole block; write \{\{p overview \}\} in a paragraph"),
        ("{{ fields[0].section }}", r"whole block|paragraph"),
        ("{{ fields[0].farbe }}", r"has no attribute 'farbe'"),
        ("{{ commune.__class__.__mro__ }}", r"unsafe"),
        ("{{ commune.format.__globals__ }}", r"unsafe"),
        ("{{ 1 / 0 }}", r"goes wrong: division by zero"),
        ("{{ commune | gross }}", r"No filter named 'gross'"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_told_what_is_wrong_in_it(tmp_path: Path, paragraph: str, told: str) -> None:
    with pytest.raises(WordTemplateError, match=told):
        with_template(tmp_path, template_of(paragraph))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 kaputt", b"Sehr geehrte Damen und Herren"])
def test_a_template_that_is_no_word_document(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WordTemplateError, match=r"amt\.docx: not a Word document"):
        with_template(tmp_path, content)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docxtpl", None)
    with pytest.raises(OfficeError, match=r"weltoffen\[office\]"):
        of_persons.__wrapped__()


def test_the_documentation_names_every_variable(tmp_path: Path, town: Release) -> None:
    path = tmp_path / "amt.docx"
    path.write_bytes(template_of("{{ nichts }}"))
    told = (Path(__file__).parent.parent / "docs" / "vorlagen.md").read_text("utf-8")
    auswertung, paper = told.split("## Platzhalter der Auswertung")[1].split("## Platzhalter der Beschlussvorlage")
    with pytest.raises(WordTemplateError) as asked:
        docx(town.document, ASKED, words_in("de"), "Jever", template=path)
    with pytest.raises(WordTemplateError) as wanted:
        vorlage(town.document, ASKED, words_in("de"), "Jever", FILLED, template=path)
    for error, text in ((asked, auswertung), (wanted, paper)):
        names = str(error.value).partition("there are: ")[2].split(", ")
        assert len(names) > 15
        assert [name for name in names if f"`{name}`" not in text] == []


def test_the_overview_of_a_statement_begins_with_who_was_asked_and_how_marks_arise(town: Release) -> None:
    views = StatementViews(town.document, ASKED, words_in("de"))
    assert len(views.introduction) == 2
    found = lines(of_town(town))
    place = len(found) - found[::-1].index("Überblick")
    assert found[place : place + 2] == [unframed(p) for p in views.introduction]
    persons = lines(of_persons())
    assert "wie die Kommune sich selbst einschätzt" not in " ".join(persons)


# ---- the paper for the council ----------------------------------------------------------------------------------

FILLED = Vorlage(
    number="BV/101/2027/V-50", submitter="Der Oberbürgermeister", responsible="Dezernat V",
    legal_basis="", earlier_decisions="BV/422/2017/I-OB", opinions="", publication="", signature="Oberbürgermeister",
    consultation=(
        Consultation("Dienstberatung", False, date(2027, 4, 6), "9", "0", "1", "ja"),
        Consultation("Stadtrat", True, date(2027, 4, 28)),
    ),
    goals=(Goal("Soziales Miteinander", "M01"), Goal("Landschaft und Umwelt")),
)  # fmt: skip


def test_the_paper_for_the_council(town: Release) -> None:
    made, missing = vorlage(town.document, ASKED, words_in("de"), "Dessau-Roßlau", FILLED)
    assert missing == []
    assert outline(made, 1) == ["Beschlussvorlage", "Anlage 1: Kennzahlen der Auswertung"]
    assert outline(made, 2) == [
        "Beratungsfolge", "Titel", "Beschluss", "Gesetzliche Grundlagen",
        "Bereits gefasste und/oder zu ändernde Beschlüsse", "Vorliegende Gutachten und/oder Stellungnahmen",
        "Hinweise zur Veröffentlichung", "Relevanz mit Leitbild", "Begründung", "Schwerpunkte für den Workshop",
        "Woher die Zahlen kommen",
    ]  # fmt: skip
    assert table(made, "Wer die Vorlage berät, und wie abgestimmt wurde") == [
        ["Gremium", "Status", "Termin", "Für", "Gegen", "Enthaltung", "Bestätigung"],
        ["Dienstberatung", "nicht öffentlich", "06.04.2027", "9", "0", "1", "ja"],
        ["Stadtrat", "öffentlich", "28.04.2027", "", "", "", ""],
    ]
    assert table(made, "Handlungsfelder des Leitbilds")[1:] == [
        ["Soziales Miteinander", "ja", "M01"], ["Landschaft und Umwelt", "nein", ""],
    ]  # fmt: skip
    text = lines(made)
    fields = "Interkulturelle Öffnung und Antirassismus (4) und Engagement und Beteiligung (5)"
    at = text.index("Beschluss")
    assert text[at + 1 : at + 4] == [
        "Der Stadtrat nimmt die Auswertung „Selbstcheck“, Stand 31. März 2027, zur Kenntnis.",
        "Der Stadtrat beauftragt die Verwaltung, im Workshop Maßnahmen zu diesen Schwerpunkten zu erarbeiten: "
        f"{fields}.",
        "Die Verwaltung legt dem Stadtrat das Ergebnis vor.",
    ]
    levels = table(made, "Stufe, Mittelwert und bearbeitete Fragen je Handlungsfeld")
    assert levels[1:3] == [
        ["1 Management und Steuerung", "auf dem Weg fortgeschritten", "1,50", "12 von 14"],
        ["2 Fairer Zugang und Teilhabechancen", "auf dem Weg fortgeschritten", "2,11", "25 von 29"],
    ]
    assert "99 von 105 Fragen bearbeitet." in text
    assert f"Prüfsumme der Freigabe: {town.digest}" in text
    assert made == vorlage(town.document, ASKED, words_in("de"), "Dessau-Roßlau", FILLED)[0]


def test_what_the_office_has_not_filled_in_is_named_and_nothing_is_made_up(town: Release) -> None:
    made, missing = vorlage(town.document, ASKED, words_in("de"), "Dessau-Roßlau", parsed(""))
    assert missing == [
        "Drucksachen-Nr.", "Einreicher", "Verantwortlich für die Umsetzung", "Beratungsfolge", "Gesetzliche Grundlagen",
        "Bereits gefasste und/oder zu ändernde Beschlüsse", "Vorliegende Gutachten und/oder Stellungnahmen",
        "Hinweise zur Veröffentlichung", "Relevanz mit Leitbild", "Unterschrift",
    ]  # fmt: skip
    assert sum("[fehlt noch]" in line for line in lines(made)) == len(missing)


def test_a_districts_paper_without_a_choice_names_that() -> None:
    document = copy.deepcopy(dict(three_voices().document))
    document["survey"]["kind"] = "district"
    proposal = Proposal(document, kurzform(), words_in("de"))
    assert proposal.decision() == (
        "1. Der Kreistag nimmt die Auswertung „Kurzform“, Stand 2. November 2026, zur Kenntnis."
    )
    made, _ = vorlage(document, kurzform(), words_in("de"), "Landkreis Probe", parsed(""))
    assert "Beschlossen im Gremium Kreistag am: ____________" in lines(made)
    assert "Eine Wahl ist noch nicht eingetragen." in lines(made)
    with pytest.raises(VorlageError, match="no levels"):
        Proposal(closed_dialog().document, dialog(), words_in("de"))


def test_the_file_to_begin_with_holds_the_texts_proposed_by_rule(town: Release) -> None:
    proposal = Proposal(town.document, ASKED, words_in("de"))
    found = parsed(begun(proposal))
    assert found.decision == proposal.decision()
    assert found.reasons == proposal.reasons()
    assert found.title == proposal.title() == "Auswertung „Selbstcheck“ der Weltoffenen Kommune, Stand 31. März 2027"
    assert found.consultation == (Consultation("Stadtrat"),)
    assert (found.legal_basis, found.number) == (None, "")


@pytest.mark.parametrize("name", AWKWARD)
def test_hostile_texts_in_the_paper(name: str, town: Release) -> None:
    text = TEXTS[name]
    document = hostile_town(town, text, ALL)
    assert parsed(begun(Proposal(document, ASKED, words_in("de")))).number == ""
    filled = Vorlage(number=text, submitter=text, title=text, decision=text, reasons=text, legal_basis=text,
                     signature=text, consultation=(Consultation(text, True, date(2027, 1, 1), text),),
                     goals=(Goal(text, text),))  # fmt: skip
    made, _ = vorlage(document, ASKED, words_in("de"), text, filled)
    found = parts(made)
    assert [i.text for i in found["word/document.xml"].iter(f"{W}instrText")] == []
    assert len(word(made).tables) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("number = 7", "must be texts in quotation marks: number"),
        ("nummer = 'x'", "unknown: nummer"),
        ("number = ", "vorlage.toml: "),
        ("[[consultation]]\npublic = true", r"\[\[consultation\]\] number 1: look at body"),
        ("[[consultation]]\nbody = 'x'\ndate = 'morgen'", "look at date"),
        ("[consultation]\nbody = 'x'", r"must be written as \[\[consultation\]\]"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong_in_it(text: str, told: str) -> None:
    with pytest.raises(VorlageError, match=told):
        parsed(text)


# ---- on the command line ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Office:
    """A folder where the settings find a town's database, and commands given there."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *words: str | Path) -> tuple[int, str]:
        """How a command ended, and what it said."""
        done = CliRunner().invoke(main, [str(w) for w in words], env=self.environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stderr or done.stdout


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    environment = {"WELTOFFEN_DATABASE": str(tmp_path / "w.db"), "WELTOFFEN_KEY_FILE": str(tmp_path / "w.key")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    async def signed() -> None:
        store, key, _ = await settings_opened(settings(), create=True)
        await made_in(store, key)
        await store.close()

    asyncio.run(signed())
    return Office(tmp_path, environment)


def test_the_commands(office: Office) -> None:
    out, file = office.folder / "auswertung.docx", office.folder / "vorlage.toml"
    assert office("report", "bbbbbb", "--format", "docx", "-o", out) == (0, f"wrote {out}\n")
    assert outline(out.read_bytes(), 1)[0] == "Überblick"
    assert office("report", "template", "-o", office.folder / "amt.docx")[0] == 0
    again = office.folder / "nochmal.docx"
    office("report", "bbbbbb", "--format", "docx", "--template", office.folder / "amt.docx", "-o", again)
    assert again.read_bytes() == out.read_bytes()

    assert office("report", "vorlage", "bbbbbb", "--file", file, "--init")[0] == 0
    assert office("report", "vorlage", "bbbbbb", "--file", file, "--init") == (
        1, f"Error: {file} exists already and is left as it is\n",
    )  # fmt: skip
    paper = office.folder / "bv.docx"
    code, said = office("report", "vorlage", "bbbbbb", "--file", file, "-o", paper)
    assert (code, said.splitlines()[0]) == (0, f"wrote {paper}")
    assert said.splitlines()[1].startswith("still missing: Drucksachen-Nr., Einreicher, ")
    assert outline(paper.read_bytes(), 1)[0] == "Beschlussvorlage"


def test_what_goes_wrong_on_the_command_line(office: Office) -> None:
    wrong = office.folder / "amt.docx"
    wrong.write_bytes(template_of("{{ buergermeister }}"))
    code, said = office("report", "bbbbbb", "--format", "docx", "--template", wrong)
    assert (code, said.startswith("Error: amt.docx asks for buergermeister; there are: ")) == (1, True)
    assert office("report", "bbbbbb", "--template", wrong)[1].endswith("Error: --template belongs to --format docx\n")
    assert office("report", "bbbbbb", "--format", "docx", "--mirror", "aaaaaa")[0] == 2
    file = office.folder / "v.toml"
    file.write_text("nummer = 1", "utf-8")
    code, said = office("report", "vorlage", "bbbbbb", "--file", file)
    assert (code, said.startswith("Error: v.toml: unknown: nummer; there are: ")) == (1, True)
    file.write_bytes(b"\xff\xfe")
    assert office("report", "vorlage", "bbbbbb", "--file", file) == (1, f"Error: {file}: not a text in UTF-8\n")
    assert office("report", "vorlage", "bbbbbb", "--file", office.folder / "fehlt.toml")[0] == 1
