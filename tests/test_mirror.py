"""The mirror: a commune's statement, its staff and its residents on the same criteria; nothing but released figures."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from runs import COMMUNE, first_run, long_form, marks_of_dessau, people, run, run_of, second_run, source, statement
from samples import closed_dialog, dessau, dialog, kurzform, row, signed, small, three_voices
from test_report import LANGUAGES, golden, visible, words_in

from conversations.questionnaire import Mirror, Voice
from reports.charts import Geometry, Mark
from reports.comparing import MirrorWords, mirror_page
from reports.document import ReleaseError
from reports.evaluation import VALUES, Tally
from reports.html import html
from reports.machine import mirror_as_json
from reports.mirror import Mirrored, mirror
from reports.release import Answers
from reports.sources import ComparisonError, Source


def musterstadt() -> Mirrored:
    """The statement with the marks of Dessau-Roßlau beside 40 staff and 120 residents; politics is withheld."""
    return mirror([statement(), first_run()])


def wilhelmshaven() -> Source:
    return Source("Wilhelmshaven", three_voices().document, kurzform())


def marks(found: Mirrored, one: str) -> list[str | None]:
    return [c.figures.mark for c in next(f for f in found.criteria if f.id == one).cells]


@pytest.mark.parametrize(("code", "signed_on", "closed_on"), [
    ("de", "unterzeichnet am 30. Oktober 2026", "abgeschlossen am 30. Oktober 2026"),
    ("en", "signed on 30 October 2026", "closed on 30 October 2026"),
])  # fmt: skip
def test_a_statement_is_signed_and_a_survey_closed(code: str, signed_on: str, closed_on: str) -> None:
    text = visible(mirror_page([statement(), first_run()], words_in(code)))
    assert (text.count(signed_on), text.count(closed_on)) == (2, 4), "in the head, and for each side"


# ---- figures ----------------------------------------------------------------------------------------------------


def test_the_sides_of_the_mirror_with_their_numbers() -> None:
    found = musterstadt()
    assert [(s.id, s.statement, s.n, s.number) for s in found.sides] == [
        ("selbst:administration", True, None, 0),
        ("erste:administration", False, 40, 0),
        ("erste:society", False, 120, 0),
    ]
    assert [(s.id, s.evaluation, s.n) for s in found.withheld] == [("erste:politics", None, None)]


def test_the_statement_has_the_printed_marks_and_levels_of_dessau_rosslau() -> None:
    found = musterstadt()
    printed = {one: None if mark == "cannot-say" else mark for one, mark in marks_of_dessau().items()}
    assert {c.id: c.cells[0].figures.mark for c in found.criteria} == printed
    levels = {f.id: f.standings[0][1].level for f in (*found.fields, found.overall)}
    assert levels == {
        "1": "advanced", "2": "advanced", "3": "open", "4": "advanced", "5": "on-the-way", "6": "advanced",
        "7": "advanced", "overall": "advanced",
    }  # fmt: skip
    assert levels == {**dict(dessau()["levels"]), "overall": dessau()["overall"]}  # type: ignore[call-overload]


def test_marks_and_gaps_by_hand() -> None:
    found = musterstadt()
    # 1.4: staff 17, 16, 5, 0 → 88/38 = 2.32; residents 0, 23, 46, 30 → 92/99 = 0.93, asked something else
    assert people(40, Voice.ADMINISTRATION, 34)["1.4"] == {"yes": 17, "rather-yes": 16, "rather-no": 5, "cannot-say": 2}
    assert marks(found, "1.4") == ["no", "rather-yes", "rather-no"]
    # 2.4: staff 0, 10, 11, 13 → 31/34 = 0.91; residents 33, 33, 26, 13 → 191/105 = 1.82
    assert marks(found, "2.4") == ["yes", "rather-no", "rather-yes"]
    # 5.3: staff 5, 15, 9, 4 → 54/33 = 1.64; residents 16, 25, 26, 22 → 124/89 = 1.39
    assert marks(found, "5.3") == ["no", "rather-yes", "rather-no"]
    # 2.6: the statement has "keine Einschätzung möglich"; staff and residents agree
    assert marks(found, "2.6") == [None, "rather-no", "rather-no"]
    one = next(f for f in found.criteria if f.id == "2.4")
    assert [(c.figures.n, c.relation, c.ranked) for c in one.cells] == [
        (3, None, True), (34, None, True), (105, Mirror.SAME, True),
    ]  # fmt: skip
    assert [[q.id for q in c.questions] for c in one.cells] == [["2.4.1", "2.4.2", "2.4.3"], ["2.4"], ["2.4"]]


def test_gaps_stand_by_size_and_then_in_order() -> None:
    found = musterstadt()
    two = ["1.2", "1.4", "2.3", "2.4", "3.2", "4.6", "5.3", "6.1"]
    one = ["1.1", "2.1", "2.5", "2.7", "2.9", "2.10", "3.1", "3.3", "3.4", "4.1", "4.3", "4.4", "5.1", "5.2", "6.2",
           "7.3", "7.4"]  # fmt: skip
    none = ["1.3", "2.2", "2.6", "2.8", "4.2", "4.5", "6.3", "7.1", "7.2"]
    assert [(f.id, f.gap) for f in found.criteria] == [*((i, 2) for i in two), *((i, 1) for i in one),
                                                       *((i, 0) for i in none)]  # fmt: skip
    assert [f.id for f in found.gaps] == [*two, *one]


def test_what_society_was_asked_otherwise_is_shown_and_never_ranked() -> None:
    found = musterstadt()
    # 1.3: both others say "eher ja", residents "eher nein"; counted with them there would be a gap of 1
    assert marks(found, "1.3") == ["rather-yes", "rather-yes", "rather-no"]
    other = [f.id for f in found.criteria if f.other]
    assert sorted(other) == ["1.1", "1.3", "1.4"]
    assert [f.id for f in found.unranked] == ["1.3"]
    assert {c.ranked for f in found.criteria if f.other for c in f.cells if c.side.voice is Voice.SOCIETY} == {False}
    perceived = {f.id for f in found.criteria if Mirror.PERCEIVED in {c.relation for c in f.cells}}
    assert perceived == {"1.2", "3.1", "3.2", "3.4", "5.3", "7.3"}


def test_society_alone_with_a_statement_has_no_gap_where_it_was_asked_otherwise() -> None:
    alone = source(
        kurzform(), "eins", {Voice.SOCIETY: Answers({"1.4": row("0 0 0 9 0 0"), "2.4": row("0 9 0 0 0 0")}, 9)}
    )
    found = {f.id: f.gap for f in mirror([statement(), alone]).criteria}
    assert (found["1.4"], found["2.4"], found["2.5"]) == (None, 1, None)  # 2.5: nobody of society rated it


def test_two_voices_of_one_survey_are_a_mirror_too() -> None:
    found = mirror([wilhelmshaven()])
    assert [s.id for s in found.sides] == ["WOK-26:administration", "WOK-26:society"]
    assert (found.gaps[0].id, found.gaps[0].gap) == ("2.4", 2)
    assert {"1.1", "1.3", "1.4"} == {f.id for f in found.unranked}


def test_sides_of_the_same_name_get_numbers_and_symbols_of_their_own() -> None:
    sources = [first_run(), second_run(), statement()]
    words = MirrorWords(mirror(sources), words_in("de"))
    assert [(words.name(s), words.symbol(s)) for s in words.mirrored.sides] == [
        ("Verwaltung 1", "voice-administration"),
        ("Gesellschaft 1", "voice-society"),
        ("Verwaltung 2", "side-triangle"),
        ("Gesellschaft 2", "side-plus"),
        ("Erklärung der Kommune", "voice-statement"),
    ]
    eight = [run(f"r{n}", 12, 12, n) for n in range(4)]
    symbols = MirrorWords(mirror(eight), words_in("de"))
    assert len({symbols.symbol(s) for s in symbols.mirrored.sides}) == 8


# ---- what is refused --------------------------------------------------------------------------------------------


def only_politics() -> Source:
    return source(kurzform(), "leer", {Voice.POLITICS: Answers({"1.1": {"yes": 3}}, 3)})


REFUSED: dict[str, tuple[Callable[[], list[Source]], str]] = {
    "none": (lambda: [], "nothing to lay side by side"),
    "twice": (lambda: [statement(), first_run(), statement()], "survey selbst is named twice"),
    "communes": (lambda: [statement(), replace(first_run(), commune="Jever")],
                 "different communes: selbst of Musterstadt, erste of Jever"),
    "nothing in common": (lambda: [first_run(), Source(COMMUNE, closed_dialog().document, dialog())],
                          r"survey WOK-26 \(dialog-1\) has no criterion in common"),
    "one voice": (lambda: [statement()], "fewer than two voices are shown.*withheld: none"),
    "the other withheld": (lambda: [statement(), only_politics()], "fewer than two voices.*withheld: politics of leer"),
    "too many": (lambda: [run(f"r{n}", 12, 12, n) for n in range(5)], "10 voices are too many"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_why(case: str) -> None:
    sources, word = REFUSED[case]
    with pytest.raises(ComparisonError, match=word):
        mirror(sources())


def test_a_tampered_release_is_not_mirrored() -> None:
    document = copy.deepcopy(dict(first_run().document))
    document["voices"]["society"]["fields"][0]["criteria"][0]["mark"] = "yes"
    with pytest.raises(ReleaseError, match=r"society 1\.1: mark"):
        mirror([statement(), replace(first_run(), document=document)])


# ---- protection -------------------------------------------------------------------------------------------------


def test_nothing_of_a_withheld_voice_or_below_k_appears() -> None:
    """Two communes that differ only in what their releases keep back have the same mirror, to the byte."""

    def of(politics: Tally, handed_in: int, few: str, five: str) -> list[bytes]:
        staff = Answers({"1.1": row("20 10 5 5 0 0"), "1.2": row(few), "2.1": row(five)}, 40)
        voices = {Voice.ADMINISTRATION: staff, Voice.POLITICS: Answers(politics, handed_in)}
        sources = [statement(), source(kurzform(), "eins", voices)]
        german = words_in("de")
        auswertung = html(sources[1].document, kurzform(), german, COMMUNE, beside=sources[:1])
        return [mirror_page(sources, german).encode(), mirror_as_json(mirror(sources)), auswertung.encode()]

    canary = {one: {"no": 4} for one in kurzform().criteria}
    assert of({}, 1, "4 0 0 0 30 6", "7 0 0 0 33 0") == of(canary, 4, "0 0 1 0 39 0", "6 1 0 0 30 3")


def test_a_withheld_voice_is_named_and_has_no_figure() -> None:
    text = visible(mirror_page([statement(), first_run()], words_in("de")))
    assert "Politik : zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens 5 Menschen" in text
    found = json.loads(mirror_as_json(musterstadt()))
    politics = [side for side in found["sides"] if side["voice"] == "politics"]
    assert [(s["withheld"], s["n"]) for s in politics] == [(True, None)]
    assert {s["side"] for c in found["criteria"] for s in c["sides"]} == {
        "selbst:administration", "erste:administration", "erste:society",
    }  # fmt: skip
    assert "counts" not in mirror_as_json(musterstadt()).decode()


# ---- pages ------------------------------------------------------------------------------------------------------


def test_golden_mirror() -> None:
    golden("mirror.json", mirror_as_json(musterstadt()))
    assert mirror_page([statement(), first_run()], words_in("de")) == mirror_page(
        [statement(), first_run()], words_in("de")
    )


def test_the_page_prints_all_wordings_beside_the_marks() -> None:
    text = visible(mirror_page([statement(), first_run()], words_in("de")))
    assert "Erklärung der Kommune : eine gemeinsame Erklärung (Erhebung selbst , Langform" in text
    assert "Gesellschaft : 120 Teilnehmende, selbst gewählt, nicht repräsentativ (Erhebung erste , Kurzform" in text
    monitoring = text[text.index("1.4 Monitoring Abstand: 2 Schritte") :]
    assert monitoring[: monitoring.index("2.3 Arbeit")].replace(" ,", ",") == (
        "1.4 Monitoring Abstand: 2 Schritte Erklärung der Kommune, 3 von 3 Fragen bearbeitet nein "
        "1.4.1 Gibt es 1.4.1 in allen Bereichen? 1.4.2 Gibt es 1.4.2 in allen Bereichen? "
        "1.4.3 Gibt es 1.4.3 in allen Bereichen? Verwaltung, 38 Einschätzungen eher ja "
        "Prüft unsere Stadt regelmäßig, ob ihre Maßnahmen für mehr Weltoffenheit wirken? "
        "Gesellschaft, 99 Einschätzungen eher nein "
        "Fragt die Stadt nach, ob ihre Angebote den Menschen hier wirklich helfen? "
        "Die Gesellschaft wurde hier etwas anderes gefragt, denn von innen kann sie es nicht kennen. Ihre Bewertung "
        "steht daneben und zählt nicht als Abstand. "
    )
    table = text[text.index("Alle gemeinsamen Kriterien") :]
    assert "1.4 Monitoring nein 3 von 3 Fragen bearbeitet eher ja 38 Einschätzungen eher nein 99 Einschätzungen " \
           "anders gefragt 2 Schritte" in table  # fmt: skip
    assert "2.6 Transport und Mobilität keine Einschätzung 0 von 3 Fragen bearbeitet eher nein 31" in table
    assert "5 Engagement und Beteiligung auf dem Weg Mittelwert 1,33" in table


@pytest.mark.parametrize("code", LANGUAGES)
def test_in_every_language_the_same_marks_in_the_same_order(code: str) -> None:
    def drawn(source: str) -> list[str]:
        return re.findall(r'(?:href="#((?:mark|voice|side)-[a-z-]+)"|class="id">([0-9.]+)<)', source)

    page = mirror_page([statement(), first_run()], words_in(code))
    assert drawn(page) == drawn(mirror_page([statement(), first_run()], words_in("de")))
    assert f'dir="{words_in(code).language.direction}"' in page


def test_every_drawing_says_in_words_what_it_shows() -> None:
    page = mirror_page([statement(), first_run()], words_in("de"))
    drawings = re.findall(r'<svg class="dumbbell".*?</svg>', page, flags=re.S)
    assert len(drawings) == 25 + 1
    monitoring = next(d for d in drawings if 'id="m-1.4-t"' in d)
    assert re.findall(r"<desc[^>]*>(.*?)</desc>", monitoring) == [
        "Erklärung der Kommune: nein; Verwaltung: eher ja; Gesellschaft: eher nein"
    ]
    shapes = re.findall(r'<use href="#([a-z-]+)" x="([0-9.]+)%" y="(\d+)"', monitoring)
    assert shapes == [("voice-statement", "12.5", "34"), ("voice-administration", "62.5", "34"),
                      ("voice-society", "37.5", "70")]  # fmt: skip
    assert '<line x1="12.5%" x2="62.5%"' in monitoring


def test_the_drawing_is_mirrored_from_right_to_left_and_stacks_what_agrees() -> None:
    three = [Mark("a", "A", 0), Mark("b", "B", 3), Mark("c", "C", 3), Mark("d", "D", 3, ranked=False)]
    places = {
        code: [(m.mark.label, m.x, m.y) for m in Geometry(words_in(code)).dumbbell(three).markers]
        for code in ("de", "ar")
    }
    assert places == {
        "de": [("A", "12.5", 34), ("B", "87.5", 34), ("C", "87.5", 70), ("D", "87.5", 106)],
        "ar": [("A", "87.5", 34), ("B", "12.5", 34), ("C", "12.5", 70), ("D", "12.5", 106)],
    }
    assert Geometry(words_in("de")).dumbbell([Mark("a", "A", 1), Mark("b", "B", 1)]).line is None


def test_the_auswertung_has_one_mirror_whatever_stands_beside_it() -> None:
    alone = html(first_run().document, kurzform(), words_in("de"), COMMUNE)
    wide = html(first_run().document, kurzform(), words_in("de"), COMMUNE, beside=[statement()])
    assert (alone.count('id="mirror"'), wide.count('id="mirror"')) == (1, 1)
    assert "Erklärung der Kommune" not in alone
    assert "Erklärung der Kommune" in wide
    own = html(statement().document, long_form(), words_in("de"), COMMUNE, beside=[first_run()])
    assert 'href="#mirror"' in own
    # between staff and residents alone 1.4 is not compared; with the statement beside them there is a gap
    assert visible(alone).count("1.4 Monitoring Abstand") == 0
    assert visible(wide).count("1.4 Monitoring Abstand: 2 Schritte") == 1


def test_a_name_cannot_break_out_of_the_page() -> None:
    hostile = '</style><script>alert(1)</script>"\\A \u202e<b>'
    sources = [replace(s, commune=hostile) for s in (statement(), first_run())]
    page = mirror_page(sources, words_in("de"))
    assert "<script>" not in page
    assert "\u202e" not in page
    assert page.count("</style>") == 1


def test_questionnaires_of_their_own_are_compared_where_ids_meet() -> None:
    """The small questionnaire has 1.1 and 1.2 in common with the short form, and 2.1 to 2.3."""
    values = dict.fromkeys(small().criterion_of, "yes")
    other = Source(COMMUNE, signed(small(), values, run_of("klein", 2026)).document, small())
    found = mirror([other, replace(wilhelmshaven(), commune=COMMUNE)])
    assert {f.id for f in found.criteria if f.cells[0].side.statement} == {"1.1", "1.2", "2.1", "2.2", "2.3"}
    assert len(found.criteria) == 34  # the others have two sides, staff and residents
    assert {len(f.cells) for f in found.criteria} == {2, 3}
    assert {VALUES[c.figures.mark] for f in found.criteria for c in f.cells if c.side.statement and c.figures.mark} == {
        3
    }
