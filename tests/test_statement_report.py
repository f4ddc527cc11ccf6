"""The report of a signed statement: checked whole, refused where it contradicts itself, printed with all it holds."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from declared_town import EDITED, LONG, block, first_version, offices, second_version
from samples import FACTS, kurzform, selbstcheck, signed, small, statement_of_a_city, three_voices
from test_report import golden, unframed, visible, words_in

from conversations.institution import Contributor
from conversations.questionnaire import load
from locales import catalogue
from reports import checker, machine_checker
from reports.digest import digest
from reports.document import Document, ReleaseError, canonical
from reports.explain import explain
from reports.files import problems as problems_of_file
from reports.html import html
from reports.machine import as_json
from reports.markdown import Block, Form, Run, blocks, told
from reports.release import Release, declared, read
from reports.statement import Remark
from reports.statement_views import StatementViews
from reports.tables import table

Change = Callable[[dict[str, Any]], object]


def changed(document: Document, change: Change) -> dict[str, Any]:
    copied: dict[str, Any] = copy.deepcopy(json.loads(canonical(document)))
    change(copied)
    return copied


def report_of(release: Release, asked: str = "selbstcheck-1") -> dict[str, Any]:
    questionnaire = small() if asked == "klein-1" else load()[asked]
    found: dict[str, Any] = json.loads(as_json(release.document, questionnaire))
    return found


def page(release: Release, code: str = "de") -> str:
    return html(release.document, selbstcheck(), catalogue(code), "Dessau-Roßlau")


# ---- the block, whole -------------------------------------------------------------------------------------------


def position(document: dict[str, Any], question: str) -> dict[str, Any]:
    found: dict[str, Any] = document["town"]["positions"][question]
    return found


def town(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["town"]
    return found


BROKEN: dict[str, tuple[Change, str]] = {
    "no block": (lambda d: d.pop("town"), "document: town is missing"),
    "a key missing": (lambda d: town(d).pop("choice"), "town: choice is missing"),
    "a key too many": (lambda d: town(d).update(more=1), "town: unknown entry more"),
    "version": (lambda d: town(d).update(version=0), "town: version is 0, but must be a whole number from 1"),
    "nobody signed": (lambda d: town(d)["signed"].update(function=" "), "town signed: function is missing"),
    "another day": (lambda d: town(d)["signed"].update(day="2026-11-01"),
                    "town signed: day is 2026-11-01, but the release is of 2026-11-02"),
    "no position": (lambda d: town(d)["positions"].pop("1.1.2"), "town position 1.1.2: is missing"),
    "a position of nothing": (lambda d: town(d)["positions"].update({"9.9.9": position(d, "1.1.2")}),
                              "town position 9.9.9: selbstcheck-1 has no such question"),
    "another value": (lambda d: position(d, "1.1.2").update(value="no", state="decided", reason="weil"),
                      "town position 1.1.2: value is 'no', but counted is rather-yes"),
    "no value": (lambda d: position(d, "1.1.2").update(value=None),
                 "town position 1.1.2: value is None, but must be one of yes, rather-yes, rather-no, no, cannot-say, "
                 "skipped"),
    "not settled": (lambda d: position(d, "1.1.2").update(state="waiting"),
                    "town position 1.1.2: state is 'waiting', but must be agreed or decided"),
    "unrated without reason": (lambda d: position(d, "7.2.4").update(reason=""),
                               "town position 7.2.4: is cannot-say without a reason"),
    "skipped without reason": (lambda d: position(d, "1.4.3").update(reason=" "),
                               "town position 1.4.3: is skipped without a reason"),
    "decided without reason": (lambda d: position(d, "4.1.1").update(reason=""),
                               "town position 4.1.1: is decided without a reason"),
    "agreed on something else": (lambda d: position(d, "1.1.2")["given"][0].update(value="no"),
                                 "town position 1.1.2: is agreed as rather-yes, but those asked say no"),
    "an unknown contributor": (lambda d: position(d, "1.1.2")["given"].append({"contributor": "zz", "value": None}),
                               "town position 1.1.2: names the unknown contributor zz"),
    "by somebody not asked": (lambda d: position(d, "1.1.2").update(by=["c1", "c2"]),
                              "town position 1.1.2: is by c2, who was not asked"),
    "evidence of somebody else": (lambda d: position(d, "1.1.2")["evidence"].append({"contributor": "c2", "text": "x"}),
                                  "town position 1.1.2: has evidence of c2, who has not handed in anything here"),
    "no answer": (lambda d: position(d, "4.1.1")["given"][0].update(value="maybe"),
                  "town position 4.1.1: c1 says 'maybe', which is no answer"),
    "named twice": (lambda d: town(d)["contributors"].append(town(d)["contributors"][0]),
                    "town contributor c1: is named twice"),
    "more settled than asked": (lambda d: town(d)["contributors"][1].update(settled=9),
                                "town contributor c2: settled 9 of 8 questions"),
    "too few questions": (lambda d: town(d)["contributors"][1].update(questions=7, settled=7),
                          "town contributor c2: questions is 7, but 8 rating questions name it"),
    "no self-report": (lambda d: town(d)["reports"].pop("2.m"), "town reports: 2.m is missing"),
    "a comment of nobody": (lambda d: town(d)["comments"][0].update(contributor="zz"),
                            "town comment of zz on 4: there is no such contributor"),
    "a comment on nothing": (lambda d: town(d)["comments"][0].update(field="8"),
                             "town comment of c3 on 8: there is no such field"),
    "a comment afterwards": (lambda d: town(d)["comments"][0].update(day="2026-11-03"),
                             "town comment of c3 on 4: is of 2026-11-03, after the signature"),
    "a choice of nothing": (lambda d: town(d)["choice"].update(fields=["4", "9"]), "town choice: there is no field 9"),
    "a choice out of order": (lambda d: town(d)["choice"].update(fields=["5", "4"]),
                              "town choice: fields must be named once each, in the order of the questionnaire"),
    "a choice without reason": (lambda d: town(d)["choice"].update(reason=""), "town choice: the reason is missing"),
    "a text of nothing": (lambda d: town(d)["texts"].update({"8": "x"}), "town text 8: there is no such field"),
    "an empty text": (lambda d: town(d)["texts"].update({"2": " "}), "town text 2: is empty"),
    "changes of a first version": (
        lambda d: town(d)["changes"].append({"question": "1.1.2", "before": "no", "after": "rather-yes"}),
        "town changes: the first version changes nothing"),
    "a false figure in a text": (
        lambda d: town(d)["texts"].update({"5": "Gut.\n\nEs wurden 12 von 12 Fragen bearbeitet."}),
        "town text 5, line 3: says “12 von 12 Fragen”: must be 11 von 12"),
    "a false figure in a reason": (lambda d: position(d, "4.1.1").update(reason="16 von 18 Fragen sind bearbeitet."),
                                   "town position 4.1.1: the reason says “16 von 18 Fragen”: must be 15 von 18"),
    "a false figure in the choice": (lambda d: town(d)["choice"].update(reason="Nur 90 von 105 Fragen."),
                                     "town choice: the reason says “90 von 105 Fragen”: must be 93 von 105"),
    "ids of single texts": (lambda d: d["statements"].update({"1.m": [{"id": "a", "voice": None}]}),
                            "document: a statement has the voice administration alone, and its texts stand in the "
                            "block town"),
}  # fmt: skip


def test_right_statements_have_no_problems() -> None:
    for release in (first_version(), second_version()):
        assert checker.problems(release.document, selbstcheck()) == []
        assert machine_checker.problems(report_of(release), selbstcheck()) == []
    assert machine_checker.problems(report_of(statement_of_a_city(), "klein-1"), small()) == []


@pytest.mark.parametrize("case", BROKEN)
def test_what_does_not_add_up_is_named_with_its_place(case: str) -> None:
    change, complaint = BROKEN[case]
    document = changed(first_version().document, change)
    assert complaint in checker.problems(document, selbstcheck())
    with pytest.raises(ReleaseError, match=re.escape(complaint)):
        read(canonical(document), selbstcheck())


CHANGES: dict[str, tuple[Change, str]] = {
    "of nothing": (lambda c: c.update(question="9.9.9"), "town change 9.9.9: there is no such question"),
    "to something else": (lambda c: c.update(after="yes"),
                          "town change 1.1.1: after is 'yes', but the statement says 'no'"),
    "none": (lambda c: c.update(before="no"), "town change 1.1.1: is none"),
    "from no answer": (lambda c: c.update(before="maybe"), "town change 1.1.1: before is 'maybe', which is no answer"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_that_is_none_is_named(case: str) -> None:
    change, complaint = CHANGES[case]
    document = changed(second_version().document, lambda d: change(town(d)["changes"][0]))
    assert checker.problems(document, selbstcheck()) == [complaint]


def test_a_statement_with_a_false_figure_in_a_text_is_not_signed() -> None:
    false = block(texts={"2": "Es wurden 25 von 30 Fragen bearbeitet."})
    with pytest.raises(ReleaseError, match=r"^town text 2, line 1: says “25 von 30 Fragen”: must be 25 von 29$"):
        declared(selbstcheck(), FACTS, false)


# ---- the five slips of 001 --------------------------------------------------------------------------------------


def voice(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["voices"]["administration"]
    return found


def field(report: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = voice(report)["fields"][number - 1]
    return found


def total_of_106(report: dict[str, Any]) -> None:
    voice(report)["overall"]["asked"] = 106


def thirty_with_four_gaps(report: dict[str, Any]) -> None:
    field(report, 2)["asked"] = 30


def gaps_unnamed(report: dict[str, Any]) -> None:
    for number in (4, 5, 7):
        field(report, number)["unanswered"] = []


def another_title(report: dict[str, Any]) -> None:
    field(report, 5)["title"] = "Engagement und Teilhabe"


def id_of_another_criterion(report: dict[str, Any]) -> None:
    field(report, 5)["criteria"][0]["questions"][3] = "5.2.4"


SLIPS: dict[str, tuple[Change, list[str]]] = {
    "106 instead of 105": (total_of_106, [
        "administration overall: 93 of 106 answered leaves 13, but 12 unanswered questions are named",
        "administration overall: asked is 106, but the fields add up to 105",
        "administration overall: asked is 106, but must be 105",
    ]),
    "25 of 30 with four gaps": (thirty_with_four_gaps, [
        "administration field 2: 25 of 30 answered leaves 5, but 4 unanswered questions are named",
        "administration overall: asked is 105, but the fields add up to 106",
        "administration field 2: asked is 30, but must be 29",
    ]),
    "gaps of 4, 5 and 7 unnamed": (gaps_unnamed, [
        "administration field 4: 15 of 18 answered leaves 3, but 0 unanswered questions are named",
        "administration field 5: 11 of 12 answered leaves 1, but 0 unanswered questions are named",
        "administration field 7: 12 of 14 answered leaves 2, but 0 unanswered questions are named",
        "administration field 4: unanswered leaves out 4.2.3, 4.4.3, 4.6.2",
        "administration field 5: unanswered leaves out 5.2.3",
        "administration field 7: unanswered leaves out 7.1.3, 7.2.4",
    ]),
    "two titles": (another_title, [
        "administration field 5: title is 'Engagement und Teilhabe', but must be 'Engagement und Beteiligung'",
    ]),
    "5.2.4 under 5.1": (id_of_another_criterion, [
        "administration field 5 criterion 5.1: questions leaves out 5.1.4 and names 5.2.4",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_of_001_is_refused_and_named(slip: str) -> None:
    change, complaints = SLIPS[slip]
    report = report_of(first_version())
    change(report)
    assert machine_checker.problems(report, selbstcheck()) == complaints


def test_a_copy_with_all_five_slips_is_refused_naming_each() -> None:
    report = report_of(first_version())
    for change, _ in SLIPS.values():
        change(report)
    found = machine_checker.problems(report, selbstcheck())
    alone = (
        "administration overall: asked is 106, but must be 105",
        "administration field 2: asked is 30, but must be 29",
    )
    named = [*alone, *(c for slip in list(SLIPS)[2:] for c in SLIPS[slip][1])]
    assert [complaint for complaint in named if complaint not in found] == []


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place that holds a single value: what it stands in, and where."""
    for place, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from leaves(inner)
        else:
            yield value, place


@pytest.mark.parametrize("kind", ["town", "persons"])
def test_whatever_single_figure_is_touched_the_report_is_refused(kind: str) -> None:
    asked = selbstcheck() if kind == "town" else kurzform()
    release = first_version() if kind == "town" else three_voices()
    report = json.loads(as_json(release.document, asked))
    assert machine_checker.problems(report, asked) == []
    free = ("not_handed_in", "code")  # of persons: nothing else in the report depends on them
    every = [(inside, place) for inside, place in leaves(report["voices"]) if kind == "town" or place not in free]
    unnoticed = []
    for inside, place in Random(4).sample(every, 120):
        was = inside[place]
        inside[place] = was + 1 if type(was) is int else f"{was}x"
        if not machine_checker.problems(report, asked):
            unnoticed.append((place, was))
        inside[place] = was
    assert unnoticed == []


SAID = """# Handlungsfeld 5 – Engagement und Teilhabe

- Es wurden 11 von 13 Fragen bearbeitet, insgesamt 93 von 106 Fragen.
- Die Fragen 5.1.3, 5.2.4, 5.1.6 (Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion) wurden mit
  „eher nein“ beantwortet.
- Handlungsfeld 2: Es wurden 25 von 30 Fragen bearbeitet.
"""


def test_the_slips_are_refused_in_a_text_too() -> None:
    document = changed(first_version().document, lambda d: town(d)["texts"].update({"5": SAID}))
    assert checker.problems(document, selbstcheck()) == [
        "town text 5, line 1: says “# Handlungsfeld 5 – Engagement und Teilhabe”: field 5 is called “Engagement und "
        "Beteiligung”",
        "town text 5, line 3: says “11 von 13 Fragen”: must be 93 von 105 or 11 von 12",
        "town text 5, line 3: says “93 von 106 Fragen”: must be 93 von 105 or 11 von 12",
        "town text 5, line 4: says “5.2.4 … Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion”: "
        "5.2.4 is not part of “Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion” (5.1)",
        "town text 5, line 4: says “5.2.4 … „eher nein“”: 5.2.4 has “eher ja”",
        "town text 5, line 6: says “25 von 30 Fragen”: must be 25 von 29",
    ]


def test_a_file_says_itself_what_it_is() -> None:
    known = load()
    assert problems_of_file(first_version().bytes, known) == []
    assert problems_of_file(as_json(first_version().document, selbstcheck()), known) == []
    assert problems_of_file(b"{", known)[0].startswith("file: is no JSON: ")
    assert problems_of_file(b"[]", known) == [
        "file: is neither a release (weltoffen-release-1) nor a report (weltoffen-report-1)"
    ]
    report = report_of(first_version()) | {"questionnaire": {"id": "selbstcheck", "version": 9}}
    assert problems_of_file(json.dumps(report).encode(), known)[0].startswith(
        "questionnaire: selbstcheck-9 is none of "
    )
    assert problems_of_file(json.dumps(report_of(first_version()) | {"voices": None}).encode(), known) == [
        "report: cannot be read: TypeError 'NoneType' object is not iterable"
    ]


# ---- the page ---------------------------------------------------------------------------------------------------


def test_golden_reports_of_statements() -> None:
    golden("statement-small.json", as_json(statement_of_a_city().document, small()))
    golden("statement-small.html",
           html(statement_of_a_city().document, small(), words_in("de"), "Dessau-Roßlau").encode())  # fmt: skip
    golden("statement.json", as_json(second_version().document, selbstcheck()))


def section(source: str, name: str) -> str:
    """The text of one section of a page."""
    found = re.search(rf'<section id="{name}".*?</section>', source, flags=re.S)
    assert found is not None
    return visible(found[0])


def test_a_field_has_the_four_parts_with_all_that_001_prints_for_its_marks() -> None:
    text = section(page(first_version()), "field-1")
    assert text.startswith("Handlungsfeld 1 Management und Steuerung")
    heads = ["Die Kommune ist auf dem Weg zur Weltoffenheit fortgeschritten.", "1. Grundlage der Standortbestimmung",
             "2. Selbstauskunft zu Maßnahmen", "3. Selbstauskunft zur Beteiligung von Akteur*innen",
             "4. Auswertung und Empfehlung", "Die Fragen und ihre Antworten"]  # fmt: skip
    places = [text.index(head) for head in heads]
    assert places == sorted(places)
    assert "12 von 14 Fragen bearbeitet. Mit „ nein “ beantwortet: 1.4.1 (Monitoring) ." in text
    assert "Ohne Kriterium 1.2 hieße die Stufe „ auf dem Weg “." in text
    assert (
        "Ohne Einschätzung, mit Grund: 1.4.2 und 1.4.3 (Monitoring): nicht bearbeitet. "
        "Grund: Dazu gibt es noch keine Zahlen." in text
    )
    assert "Seit 2016 gibt es eine Steuerungsgruppe." in text
    assert "Die Stadt arbeitet an offenen Strukturen . In Handlungsfeld 1 wurden 12 von 14 Fragen bearbeitet." in text
    assert "Entwurf" not in text
    assert "1.1.1 Koordiniert in unserer Verwaltung eine feste Stelle die Arbeit für Weltoffenheit?" in text
    assert "Beleg ( Stabsstelle OB, Integrationsbüro, Koordination ): Konzept von 2018" in text


INTRODUCED = {
    "de": "Diese Auswertung zeigt, wie die Kommune sich selbst einschätzt, und ordnet es ein. Sie hat dafür 8 Stellen "
    "aus 6 Bereichen der Verwaltung gefragt. Der Fragebogen hat 105 Fragen zum Einschätzen, zu 34 Kriterien in 7 "
    "Handlungsfeldern. Wo Stellen verschieden geantwortet haben, hat die Kommune mit Grund entschieden.\n"
    "Jede Antwort zählt von 0 für „nein“ bis 3 für „ja“. Der Mittelwert der Antworten ergibt die Bewertung eines "
    "Kriteriums, der Mittelwert der Bewertungen die Stufe eines Feldes und der ganzen Kommune. Es gibt vier "
    "Stufen, von unten nach oben: „hat sich auf den Weg gemacht“, „auf dem Weg“, „auf dem Weg fortgeschritten“ "
    "und „weltoffen aufgestellt“. Keine davon ist ein Ende: Weltoffen zu sein bleibt eine Aufgabe.",
    "en": "This report shows how the municipality rates itself, and puts it in context. For this it asked 8 offices "
    "from 6 departments of the administration. The questionnaire has 105 questions to be rated, on 34 criteria in"
    " 7 fields of action. Where offices answered differently, the municipality decided and gave the reason.\n"
    "Each answer counts from 0 for ‘no’ to 3 for ‘yes’. The mean of the answers gives the mark of a criterion, "
    "the mean of the marks the level of a field and of the whole municipality. There are four levels, from the "
    "lowest up: ‘has set out’, ‘on the way’, ‘well on the way’ and ‘open to the world’. None of them is an end: "
    "being open to the world remains a task.",
}


@pytest.mark.parametrize("code", ["de", "en"])
def test_whoever_opens_the_report_reads_who_was_asked_what_and_how_marks_arise(code: str) -> None:
    found = StatementViews(first_version().document, selbstcheck(), words_in(code))
    assert unframed("\n".join(found.introduction)) == INTRODUCED[code]
    overview = page(first_version(), code).partition('id="overview-h">')[2]
    paragraphs = [visible(p) for p in re.findall(r"<p>(.*?)</p>", overview)[:2]]
    assert "\n".join(re.sub(r"([„‘]) | ([“’.,])", r"\1\2", p) for p in paragraphs) == INTRODUCED[code]


def test_only_what_holds_stands_in_the_introduction() -> None:
    alone = changed(first_version().document, lambda d: town(d).update(contributors=town(d)["contributors"][:1]))
    for position in alone["town"]["positions"].values():
        position["given"] = position["given"][:1]
    first, _ = StatementViews(alone, selbstcheck(), words_in("de")).introduction
    assert "gefragt" in first and "1 Stelle" in first and "aus 1 Bereich der" in first
    assert "verschieden" not in first, "nobody answered otherwise"
    alone["town"]["contributors"] = []
    assert "gefragt" not in StatementViews(alone, selbstcheck(), words_in("de")).introduction[0]


def test_where_departments_differed_their_answers_and_the_reason_stand_and_their_comments_are_signed() -> None:
    text = section(page(first_version()), "field-4")
    assert "Mit „ eher nein “ beantwortet: 4.1.1 und 4.1.2 (Interkulturelles Denken und Handeln in Politik und" in text
    assert (
        "Geantwortet haben: Stabsstelle OB, Integrationsbüro, Koordination : eher nein Dezernat II, Amt für Sicherheit "
        "und Ordnung, Leitung Ausländerbehörde : eher ja Entschieden: eher nein . Grund: Das Personalamt kennt" in text
    )
    assert "Stellungnahmen der Stellen Im Wortlaut. Die Zahlen ändern sich dadurch nicht. Unsere Schulungen" in text
    assert "Dezernat II, Amt für Sicherheit und Ordnung, Leitung Ausländerbehörde , 29. Oktober 2026" in text
    assert "Entwurf, nach Regeln aus den Zahlen zusammengesetzt." in text


def test_the_end_has_coverage_by_id_contributors_choice_rule_signature_and_changes() -> None:
    source = page(second_version())
    overall = section(source, "overall")
    assert "Insgesamt wurden 93 von 105 Fragen bearbeitet." in overall
    why = r"(\d[\d., und]+) \([^)]+\): (?:nicht bearbeitet|keine Einschätzung möglich)\. Grund"
    assert [ids.strip() for ids in re.findall(why, overall)] == [
        "1.4.2 und 1.4.3", "2.5.3", "2.6.1, 2.6.2 und 2.6.3", "4.2.3", "4.4.3", "4.6.2", "5.2.3", "7.1.3", "7.2.4",
    ]  # fmt: skip
    assert "Gewählt: Interkulturelle Öffnung und Antirassismus (4) und Engagement und Beteiligung (5) ." in overall
    assert "Grund: Hier liegt am meisten im Argen; 93 von 105 Fragen sind bearbeitet." in overall
    people = section(source, "taking-part")
    assert "Dezernat IV Wirtschaftsförderung – 15 von 17 Referat Sportförderung: Referatsleitung – 18 von 20" in people
    assert "Beauftragte für Bürgeranliegen A. Beispiel 8 von 8" in people
    assert "Fassung 2, für die Kommune unterzeichnet von Integrationsbüro, Leitung am 2. November 2028 ." in people
    assert "1.1.1 (Strukturen und Prozesse zur Steuerung): vorher eher ja , jetzt nein" in people
    assert "Mittelwert ab" in section(source, "rule")


def test_the_office_that_coordinated_is_named_and_who_was_given_no_part_has_not_failed_to_hand_in() -> None:
    named = Contributor("c9", "Dezernat VI", "Bäderbetriebe", None, None)
    found = replace(block(), contributors=[*offices(), named], office="Integrationsbüro")
    release = declared(selbstcheck(), FACTS, found)
    people = section(page(release), "taking-part")
    assert "Koordiniert hat: Integrationsbüro . Beteiligt waren 8 Stellen der Verwaltung; abgegeben haben: 8." in people
    assert "Bäderbetriebe" not in people
    remarked = replace(found, remarks=[Remark("c9", "6", "Die Bäder stehen allen offen.", "2026-10-30")])
    assert "Bäderbetriebe – 0 von 0" in section(page(declared(selbstcheck(), FACTS, remarked)), "taking-part")


def test_a_release_of_before_does_not_say_who_coordinated_and_is_read_all_the_same() -> None:
    old = changed(first_version().document, lambda d: town(d).pop("coordinated"))
    found = read(canonical(old), selbstcheck())
    assert found.document == old
    assert "Koordiniert hat" not in page(found)


def test_nothing_that_people_wrote_is_markup_and_long_texts_are_whole() -> None:
    source = page(first_version())
    assert "<script>" not in source
    assert "\u202e" not in source
    assert "<b>Bericht</b>" not in source
    assert source.count("&lt;script&gt;alert(1)&lt;/script&gt;  {{ 7 * 7 }}") == 2
    assert len(LONG) > 9_900
    assert " ".join(LONG.split()) in section(source, "field-2")


@pytest.mark.parametrize("code", ["de", "en"])
def test_in_both_languages_the_same_marks_ids_and_numbers(code: str) -> None:
    def figures(source: str) -> list[str]:
        return re.findall(r'href="#mark-([a-z-]+)"|class="id">([0-9.]+)<', source)

    assert figures(page(first_version(), code)) == figures(page(first_version(), "de"))
    if code == "en":
        german = re.findall(r"[^.>]*\b(?:Grundlage|Selbstauskunft|Beteiligte|Unterschrift|Entschieden)\b",
                            visible(page(first_version(), code)))  # fmt: skip
        assert german == []


def test_the_other_renderers_know_what_a_statement_is() -> None:
    text = unframed(digest(first_version().document, selbstcheck(), words_in("de")))
    assert text.startswith(
        "Erklärung der Kommune, Fassung 1, unterzeichnet von Integrationsbüro, Leitung am 2. November 2026.\n"
        "Insgesamt wurden 93 von 105 Fragen bearbeitet.\n"
    )
    assert "abgeschlossen" not in text
    traced = unframed(explain(first_version().document, selbstcheck(), "1.4", words_in("de"))).split("\n")
    assert traced[:3] == [
        "Kriterium 1.4 „Monitoring“, Stimme: Erklärung der Kommune",
        "Frage 1.4.1: nein; nach Antwort von Stabsstelle OB, Integrationsbüro, Koordination",
        "Frage 1.4.2: nicht bearbeitet; nach Antwort von Stabsstelle OB, Integrationsbüro, Koordination; Grund: Dazu "
        "gibt es noch keine Zahlen.",
    ]
    lines = table(first_version().document, selbstcheck())
    assert len(lines) == 106
    assert lines[12] == ["1", "1.4", "Monitoring", "no", "0.0", "1.4.1", "no", "agreed", "",
                         "Stabsstelle OB, Integrationsbüro, Koordination"]  # fmt: skip


def test_a_statement_without_any_rating_has_no_level_and_says_why() -> None:
    values = dict.fromkeys(small().criterion_of, "cannot-say")
    text = visible(html(signed(small(), values).document, small(), words_in("de"), "Jever"))
    assert "Keine Stufe: Es gibt keine Einschätzung." in text
    assert "Insgesamt wurden 0 von 8 Fragen bearbeitet." in text


# ---- small Markdown ---------------------------------------------------------------------------------------------


def test_markdown_is_read_into_values_and_nothing_else_is_markup() -> None:
    assert blocks(EDITED) == (
        Block(Form.PARAGRAPH, ((Run("Die Stadt arbeitet an "), Run("offenen Strukturen", bold=True),
                                Run(". In Handlungsfeld 1 wurden 12 von 14 Fragen bearbeitet.")),)),
        Block(Form.HEADING, ((Run("Was als Nächstes zu tun ist"),),)),
        Block(Form.BULLETS, (
            (Run("Die Fragen 1.4.2 und 1.4.3 (Monitoring) nach der Einführung von Kennzahlen beantworten."),),
            (Run("Ein <b>Bericht</b> an den Stadtrat."),),
        )),
        Block(Form.NUMBERED, ((Run("Erst die Leitung,"),), (Run("dann alle Fachbereiche."),))),
    )  # fmt: skip
    assert told("**Sprache:** Kurse\n16. Mai: Fachtag\r\n\n- a\n\n– b **c**\n# d\nAkteur*innen") == (
        Block(Form.PARAGRAPH, ((Run("Sprache:", bold=True), Run(" Kurse")),)),
        Block(Form.PARAGRAPH, ((Run("16. Mai: Fachtag"),),)),
        Block(Form.BULLETS, ((Run("a"),), (Run("b "), Run("c", bold=True)))),
        Block(Form.PARAGRAPH, ((Run("# d"),),)),
        Block(Form.PARAGRAPH, ((Run("Akteur*innen"),),)),
    )  # fmt: skip
    assert blocks("eins\nzwei\n- a\n  b\n\ndrei **vier") == (
        Block(Form.PARAGRAPH, ((Run("eins zwei"),),)),
        Block(Form.BULLETS, ((Run("a b"),),)),
        Block(Form.PARAGRAPH, ((Run("drei **vier"),),)),
    )
    assert blocks("\n \n") == ()
