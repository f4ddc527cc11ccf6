"""The reports people read: page, chat digest, explanation and draft; the same numbers everywhere, nothing below k."""

from __future__ import annotations

import copy
import html as escaping
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
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

from conversations.questionnaire import Questionnaire, Voice
from locales import FSI, PDI, Catalogue, LanguageError, catalogue, languages
from reports import digest as digest_module
from reports.assessment import field_draft, overall_draft
from reports.digest import Interim, digest
from reports.document import ReleaseError, Statements, evaluation_of
from reports.evaluation import Evaluation, FieldFigures, evaluate
from reports.explain import ExplainError, explain
from reports.html import html
from reports.machine import as_json
from reports.release import Answers, Release, release

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = tuple(languages())


class Fallback(Catalogue):
    """A catalogue that shows German where a questionnaire is not translated yet, so that layouts can be tested."""

    def of(self, domain: str, message: str) -> str:
        try:
            return super().of(domain, message)
        except LanguageError:
            return message


def words_in(code: str) -> Catalogue:
    found = catalogue(code)
    return Fallback(found.language, found._entries)


def page(code: str = "de") -> str:
    return html(three_voices().document, kurzform(), words_in(code), "Wilhelmshaven", STATEMENTS)


def visible(source: str) -> str:
    """The text of a page without styles, drawings and tags."""
    source = re.sub(r"<(style|svg)\b.*?</\1>", " ", source, flags=re.S)
    return " ".join(escaping.unescape(re.sub(r"<[^>]+>", " ", source)).split())


def unframed(text: str) -> str:
    return text.replace(FSI, "").replace(PDI, "")


def golden(name: str, found: bytes) -> None:
    """Compares with the committed file; UPDATE=1 rewrites it (the figures are asserted by hand elsewhere)."""
    path = GOLDEN / name
    if os.environ.get("UPDATE"):
        path.write_bytes(found)
    assert path.read_bytes() == found, f"{name} differs; look at it, then UPDATE=1"


def dessau_release() -> Release:
    """The overview of Dessau-Roßlau as twelve identical respondents of the administration."""
    return release(kurzform(), FACTS, {Voice.ADMINISTRATION: Answers(same(DESSAU, 12), 12)}, K)


# ---- golden files -----------------------------------------------------------------------------------------------


def test_golden_release_and_reports() -> None:
    found = three_voices()
    golden("release.json", found.bytes)
    golden("report.json", as_json(found.document, kurzform()))
    golden("auswertung.html", page().encode())
    golden("dialog.html", html(closed_dialog().document, dialog(), words_in("de"), "Jever", DIALOG_STATEMENTS).encode())


def test_same_release_same_statements_same_language_same_bytes() -> None:
    assert page() == page()
    stored = json.loads(three_voices().bytes)
    assert html(stored, kurzform(), words_in("de"), "Wilhelmshaven", STATEMENTS) == page()


# ---- the page ---------------------------------------------------------------------------------------------------


def test_figures_of_the_page_by_hand() -> None:
    text = visible(page())
    assert "62 Teilnehmende, selbst gewählt, nicht repräsentativ" in text
    assert "zurückgehalten, zum Schutz kleiner Gruppen" in text
    assert "14. September 2026 bis 30. Oktober 2026" in text
    assert three_voices().digest in text
    # administration 1.1: 4, 7, 2, 0 and one "keine Einschätzung" of 14; 28/13 = 2.15
    assert "Verwaltung 4 7 2 0 1 0 0 2,15 eher ja" in text
    # society 1.4: 1, 6, 17, 14, 22, 2 of 62; 32/38 = 0.84
    assert "Gesellschaft 1 6 17 14 22 2 0 0,84 eher nein" in text
    # society field 1: marks 1, 2, 2, 1 = 6/4
    assert "Mittelwert 1,58 auf der Linie von 0 bis 3" in text
    assert (
        "Durch Rundung: Aus den ungerundeten Mittelwerten der Kriterien ( 1,44 ) ergäbe sich eine andere Stufe." in text
    )
    assert "Begonnen, aber nicht abgegeben: 9. Sie sind in keiner Zahl enthalten." in text
    assert "Deutsch 38 العربية 13 English 6 andere oder ohne Angabe 5" in text


def test_dessau_rosslau_on_the_page() -> None:
    text = visible(html(dessau_release().document, kurzform(), words_in("de"), "Dessau-Roßlau", {}))
    assert "2.6 Transport und Mobilität keine Einschätzung" in text
    assert "5 Engagement und Beteiligung auf dem Weg 5.1" in text
    assert "3 Arbeit und wirtschaftliche Entwicklung weltoffen aufgestellt 3.1" in text
    assert "33 von 34 Fragen bearbeitet." in text
    assert "Ohne Einschätzung, meist „keine Einschätzung möglich“: Frage 2.6 ." in text
    assert "Ohne Kriterium 5.3 hieße die Stufe „ auf dem Weg fortgeschritten “." in text
    focus = (
        "Management und Steuerung (1), Interkulturelle Öffnung und Antirassismus (4), Engagement und Beteiligung (5) "
        "und Kommunikation und Konfliktmanagement (7)"
    )
    assert focus in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_in_every_language_the_same_numbers(code: str) -> None:
    def numbers(source: str) -> list[str]:
        cells = re.findall(r'<td role="cell" class="figure"[^>]*>([^<]*)</td>', source)
        marks = re.findall(r'href="#mark-([a-z-]+)"', source)
        return [cell.replace(",", ".") for cell in cells] + marks

    assert numbers(page(code)) == numbers(page("de"))
    assert len(numbers(page(code))) > 34 * 2 * 8


@pytest.mark.parametrize("code", LANGUAGES)
def test_language_and_direction(code: str) -> None:
    language = catalogue(code).language
    assert f'<html lang="{language.tag}" dir="{language.direction}">' in page(code)


def test_right_to_left_charts_are_mirrored() -> None:
    first = re.compile(r'<rect x="([0-9.]+)%" y="1" width="([0-9.]+)%" height="28" class="piece piece-yes"')
    (x, width), (mirrored, same_width) = (first.search(page(c)).groups() for c in ("de", "ar"))  # type: ignore[union-attr]
    assert (x, width) == ("0", same_width)
    assert float(mirrored) == pytest.approx(100 - float(width))


def test_sentences_and_leads_are_joined_as_the_language_writes_them() -> None:
    chinese, french = page("zh_Hans"), page("fr")
    assert re.findall(r"[。：；，？！] ", chinese) == []
    leads = [set(re.findall(r"\(1\.1\)</bdi>(.*?</strong>)(?!\s)", text)) for text in (chinese, french)]
    assert leads == [{"：</strong>"}, {"\u202f: </strong>"}]
    commas = {code: set(re.findall(r"</svg> <bdi>[^<]+</bdi>([^<]+)<bdi>", page(code))) for code in LANGUAGES}
    assert commas == {code: {{"ar": "، ", "fa": "، ", "zh_Hans": "，"}.get(code, ", ")} for code in LANGUAGES}


def test_nothing_of_a_withheld_voice_or_below_k_appears() -> None:
    """Two surveys that differ only in what must not be seen give the same page, JSON, digest and explanation."""

    def of(politics: dict[str, dict[str, int]], hidden: str) -> list[str]:
        society = {"1.1": row("20 10 5 5 0 0"), "1.2": row(hidden)}
        found = release(
            kurzform(),
            FACTS,
            {Voice.POLITICS: Answers(politics, 4, 2), Voice.SOCIETY: Answers(society, 40, 3, {"de": 40})},
            K,
        ).document
        german = words_in("de")
        traced = [explain(found, kurzform(), one, german) for one in ("1.1", "1.2", "1", "overall")]
        report = as_json(found, kurzform()).decode()
        return [html(found, kurzform(), german, "Jever", {}), report, digest(found, kurzform(), german), *traced]

    canary = {one: {"no": 4} for one in kurzform().criteria}
    assert of({}, "4 0 0 0 30 6") == of(canary, "0 0 1 0 39 0")


def test_statements_are_escaped_isolated_and_withdrawn() -> None:
    source = page()
    assert "&lt;b&gt;Wohnungssuche&lt;/b&gt;" in source
    assert "<b>Wohnungssuche" not in source
    assert '<blockquote lang="" dir="auto"><p>المكتبة مكان جيد للجميع.</p>' in source
    assert source.count('<p class="withdrawn">zurückgezogen</p>') == 1
    assert source.count("<blockquote") == 4


def test_in_a_page_of_another_language_a_statement_has_a_language_and_direction_of_its_own() -> None:
    source = page("ar")
    assert '<blockquote lang="" dir="auto"><p>Bei der &lt;b&gt;Wohnungssuche' in source
    assert '<h1><bdi lang="de">Wilhelmshaven</bdi></h1>' in source
    assert set(re.findall(r'<(\w+) class="id"', source)) == {"bdi"}
    body = re.sub(r"<(title|desc)\b.*?</\1>", "", source, flags=re.S)
    assert (body.count(FSI), body.count(PDI)) == (0, 0)  # isolates are elements


def test_statements_must_be_those_of_the_release() -> None:
    with pytest.raises(ReleaseError, match="2 texts for 4 ids"):
        html(three_voices().document, kurzform(), words_in("de"), "Jever", {"o1": ["a", "b"]})
    with pytest.raises(ReleaseError, match="refers to none"):
        html(dessau_release().document, kurzform(), words_in("de"), "Jever", {"o1": ["a"]})


def test_names_and_texts_cannot_break_out_of_the_page() -> None:
    hostile = '</style><script>alert(1)</script>"\\A \u202e<b>'
    source = html(three_voices().document, kurzform(), words_in("de"), hostile, STATEMENTS)
    assert "<script>" not in source
    assert "\u202e" not in source
    assert source.count("</style>") == 1
    assert 'content: "\\3c \\2f style' in source


def test_a_tampered_release_is_not_rendered() -> None:
    document = copy.deepcopy(dict(three_voices().document))
    document["voices"]["society"]["overall"]["level"] = "open"
    with pytest.raises(ReleaseError, match="society overall: level"):
        html(document, kurzform(), words_in("de"), "Jever", {})


def test_a_dialogue_gives_a_report_of_statements_only() -> None:
    text = visible(html(closed_dialog().document, dialog(), words_in("de"), "Jever", DIALOG_STATEMENTS))
    assert "62 Teilnehmende" in text
    assert "Auf dem Wohnungsmarkt." in text
    assert "Überblick" not in text
    assert "So wurde gerechnet" not in text


def test_a_survey_in_which_every_voice_is_withheld_says_so_and_nothing_else() -> None:
    found = release(kurzform(), FACTS, {Voice.POLITICS: Answers({"1.1": {"yes": 3}}, 3, 1)}, K)
    text = visible(html(found.document, kurzform(), words_in("de"), "Jever", {}))
    assert "Politik: zurückgehalten, zum Schutz kleiner Gruppen." in text.replace("Politik :", "Politik:")
    assert ("Überblick" in text, "Wer mitgemacht hat" in text) == (False, False)
    text = unframed(digest(found.document, kurzform(), words_in("de")))
    assert "zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens 5" in text


@pytest.mark.parametrize(
    ("opened", "period"),
    [(date(2026, 9, 14), "14. September 2026 bis 30. Oktober 2026"), (date(2026, 10, 30), "30. Oktober 2026")],
)
def test_an_event_of_one_day_has_one_day(opened: date, period: str) -> None:
    found = release(kurzform(), replace(FACTS, opened=opened), {Voice.POLITICS: Answers({}, 3, 1)}, K)
    assert f"Zeitraum {period} Politik" in visible(html(found.document, kurzform(), words_in("de"), "Jever", {}))


def test_the_mirror_ranks_gaps_and_never_what_society_was_asked_otherwise() -> None:
    text = visible(page())
    mirror = text[text.index("Gedruckt ist, was jede Stimme gefragt wurde.") :]
    assert mirror.index("2.4 Wohnen Abstand: 2 Schritte") < mirror.index(
        "2.6 Transport und Mobilität Abstand: 1 Schritt"
    )
    compared, other = mirror.split("Nebeneinander, aber nicht verglichen")[:2]
    assert "1.1 Strukturen und Prozesse" not in compared
    assert "1.1 Strukturen und Prozesse zur Steuerung Verwaltung , 13 Einschätzungen eher ja" in other
    assert "Arbeiten die Ämter hier gut zusammen, wenn jemand Hilfe braucht?" in other


# ---- the digest -------------------------------------------------------------------------------------------------


def test_the_digest_of_a_release() -> None:
    text = unframed(digest(three_voices().document, kurzform(), words_in("de"), STATEMENTS))
    assert "Verwaltung: 14 Menschen haben abgegeben." in text
    assert "Politik: zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens 5 Menschen" in text
    assert "4. Interkulturelle Öffnung und Antirassismus: auf dem Weg ◑" in text
    assert "Vorschlag für den Workshop: Handlungsfelder 1, 4, 5 und 7." in text
    assert "– zurückgezogen" in text
    assert "– „Die Briefe sind schwer zu verstehen.“" in text


def test_an_interim_digest_shows_rounded_numbers_alone() -> None:
    shown = [Interim(Voice.SOCIETY, 15), Interim(Voice.POLITICS, 0), Interim(Voice.ADMINISTRATION, 0, 12)]
    assert unframed(digest(shown, kurzform(), words_in("de"))).splitlines() == [
        "Zwischenstand. Die Umfrage läuft noch; bis zum Ende werden nur gerundete Zahlen gezeigt.",
        "",
        "Gesellschaft: abgegeben haben mindestens 15.",
        "Politik: abgegeben haben noch weniger als 5.",
        "Verwaltung: abgegeben haben noch weniger als 12.",
        "",
        "Neue Zahlen erscheinen mit etwas Verzögerung.",
    ]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("many", [0, 1, 3, 40, 400])
def test_a_digest_fits_one_message_and_says_how_many_statements_are_left_out(code: str, many: int) -> None:
    ids = {"d1": [f"a{n}" for n in range(many)], "d2": [f"b{n}" for n in range(many)]}
    found = release(dialog(), FACTS, {Voice.SOCIETY: Answers({}, 62, 0, {}, ids)}, K)
    texts: dict[str, list[str | None]] = {q: [f"Satz {n} 🙂 " * 9 for n in range(many)] for q in ids}
    text = digest(found.document, dialog(), words_in(code), texts)
    assert len(text.encode("utf-16-le")) // 2 <= 4096
    if code == "de" and many >= 40:
        shown = text.count("– „")
        left = sum(int(n.replace(".", "")) for n in re.findall(r"und ([0-9.]+) weitere Aussagen", text))
        assert shown + left == 2 * many
        assert shown > 10


def test_a_digest_without_room_drops_statements_first() -> None:
    document = three_voices().document
    long: dict[str, list[str | None]] = {"o1": ["Wort " * 90] * 4, "o2": ["Wort " * 90] * 2}
    assert "1.1" in digest(document, kurzform(), words_in("de"), long)


def test_a_digest_of_many_statements_does_not_try_every_number_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    quotes = digest_module._quotes

    def counted(one: Questionnaire, words: Catalogue, given: Statements, each: int, *more: Any) -> Iterator[str]:
        tried.append(each)
        return quotes(one, words, given, each, *more)

    monkeypatch.setattr(digest_module, "_quotes", counted)
    texts: dict[str, list[str | None]] = {"d1": [f"{n:04} {'Wort ' * 15}" for n in range(5000)], "d2": ["kurz"]}
    text = digest([Interim(Voice.SOCIETY, 5)], dialog(), words_in("de"), texts)
    assert tried == list(range(tried[0], tried[-1] - 1, -1)) and tried[0] < 60
    assert (text.count("– „"), len(text.encode("utf-16-le")) // 2 <= 4096) == (tried[-1] + 1, True)


# ---- explanations -----------------------------------------------------------------------------------------------


def test_explain_traces_a_mark() -> None:
    lines = unframed(explain(three_voices().document, kurzform(), "1.3", words_in("de"), "administration")).split("\n")
    assert lines == [
        "Kriterium 1.3 „Weltoffenheit als Führungsaufgabe“, Stimme: Verwaltung",
        "Einschätzungen: 3-mal ja, 6-mal eher ja, 3-mal eher nein, 1-mal nein.",
        "Ohne Einschätzung: 1-mal keine Einschätzung möglich, 0-mal übersprungen, 0-mal nicht erreicht. "
        "Das zählt nicht mit, auch nicht als null.",
        "Die Werte: ja 3, eher ja 2, eher nein 1, nein 0.",
        "Summe der Werte: 3 × 3 + 6 × 2 + 3 × 1 + 1 × 0 = 24.",
        "Mittelwert, Summe durch Anzahl: 24 : 13 = 1,85.",
        "Die Grenzen: unter 0,5 „nein“, ab 0,5 „eher nein“, ab 1,5 „eher ja“, ab 2,5 „ja“.",
        "Die Bewertung ist „eher ja“.",
    ]


def test_explain_traces_a_level_with_its_hints() -> None:
    text = unframed(explain(three_voices().document, kurzform(), "3", words_in("de"), "administration"))
    assert "Bewertungen der Kriterien: 3.1 ja, 3.2 eher ja, 3.3 eher ja und 3.4 ja." in text
    assert "Summe der Bewertungen: 2 × 3 + 2 × 2 + 0 × 1 + 0 × 0 = 10." in text
    assert "Mittelwert, Summe durch Anzahl der Bewertungen: 10 : 4 = 2,50." in text
    assert (
        "Durch Rundung: Aus den ungerundeten Mittelwerten der Kriterien (2,39) ergäbe sich eine andere Stufe." in text
    )


def test_explain_the_overall_level_of_dessau_rosslau() -> None:
    text = unframed(explain(dessau_release().document, kurzform(), "overall", words_in("de")))
    assert "Summe der Bewertungen: 10 × 3 + 18 × 2 + 3 × 1 + 2 × 0 = 69." in text
    assert "69 : 33 = 2,09." in text
    assert "Die Stufe ist „auf dem Weg fortgeschritten“." in text


def test_explain_says_only_what_the_release_shows() -> None:
    text = unframed(explain(three_voices().document, kurzform(), "7.3", words_in("de")))
    assert "Zurückgehalten, zum Schutz kleiner Gruppen: Keine Zahl wird gezeigt." in text
    assert "Weniger als 5 Einschätzungen: Es gibt keine Bewertung, und die Zahlen bleiben geschützt." in text
    few = unframed(explain(three_voices().document, kurzform(), "2.6", words_in("de"), "administration"))
    assert few.endswith("Weniger als 10 Einschätzungen: Die Zahlen dahinter bleiben geschützt.")


def test_explain_refuses_what_does_not_exist() -> None:
    with pytest.raises(ExplainError, match="neither a criterion nor a field"):
        explain(three_voices().document, kurzform(), "9.9", words_in("de"))
    with pytest.raises(ExplainError, match="no voice 'police'"):
        explain(three_voices().document, kurzform(), "1.1", words_in("de"), "police")


# ---- drafts -----------------------------------------------------------------------------------------------------


def draft_of(questionnaire: Questionnaire, marks: str, field: int) -> str:
    whole = {**DESSAU, str(field): marks}
    evaluation = evaluate(questionnaire, same(whole, 12), 12)
    return field_draft(questionnaire, evaluation, evaluation.fields[field - 1], words_in("de")).assessment


def test_fields_with_different_marks_never_get_the_same_paragraph() -> None:
    ratings = "0123"
    drafts = [draft_of(kurzform(), a + b + c, 6) for a in ratings for b in ratings for c in ratings]
    assert len(set(drafts)) == 64
    fields = evaluation_of(dessau_release().document, kurzform(), "administration")
    assert fields is not None
    texts = {field_draft(kurzform(), fields, f, words_in("de")).assessment for f in fields.fields}
    assert len(texts) == 7


def of_field_two(marks: str) -> tuple[Evaluation, FieldFigures]:
    evaluation = evaluate(kurzform(), same({**DESSAU, "2": marks}, 12), 12)
    return evaluation, evaluation.fields[1]


def test_a_draft_recommends_for_negative_marks_and_says_what_carries() -> None:
    evaluation = evaluate(kurzform(), same(DESSAU, 12), 12)
    draft = field_draft(kurzform(), evaluation, evaluation.fields[3], words_in("de"))
    assert [point.criterion for point in draft.recommendations] == ["4.1", "4.3"]
    assert [point.criterion for point in draft.strengths] == ["4.4", "4.6", "4.2", "4.5"]
    assert draft.met == 2
    many = field_draft(kurzform(), evaluation, evaluation.fields[1], words_in("de"))
    assert [point.criterion for point in many.strengths] == [
        "2.3", "2.4", "2.10", "2.1", "2.2", "2.5", "2.7", "2.8", "2.9"
    ]  # fmt: skip
    assert many.met == 3
    full = field_draft(kurzform(), *of_field_two("3333333332"), words_in("de"))
    assert [point.criterion for point in full.strengths] == ["2.1", "2.2", "2.3", "2.10"], "advice is never cut"
    assert full.met == 9
    assert unframed(many.remarks[0]) == "9 von 10 Fragen bearbeitet."


def test_a_divided_mark_and_a_close_one_are_named() -> None:
    found = evaluation_of(three_voices().document, kurzform(), "society")
    assert found is not None
    remarks = [unframed(r) for r in field_draft(kurzform(), found, found.fields[0], words_in("de")).remarks]
    assert remarks[1] == "Knapp an einer Grenze liegt die Bewertung von: Strukturen und Prozesse zur Steuerung (1.1)."
    assert remarks[0].startswith("Uneinig sind sich die Antworten hier")


def test_the_overall_draft_names_fields_by_level() -> None:
    evaluation = evaluate(kurzform(), same(DESSAU, 12), 12)
    sentences = [unframed(s) for s in overall_draft(kurzform(), evaluation, words_in("de"))]
    assert sentences[0] == "Die Kommune ist auf dem Weg zur Weltoffenheit fortgeschritten."
    assert "Stufe „weltoffen aufgestellt“: Arbeit und wirtschaftliche Entwicklung (3)." in sentences
