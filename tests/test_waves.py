"""Waves: the same voices two years later, over the criteria both runs have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import pytest
from runs import COMMUNE, first_run, people, second_run, source, statement
from samples import closed_dialog, dialog, kurzform, row
from test_report import LANGUAGES, golden, visible, words_in

from conversations.questionnaire import FOLDER, Questionnaire, Voice, parse
from reports.comparing import waves_page
from reports.evaluation import Level, Tally
from reports.html import html
from reports.machine import waves_as_json
from reports.release import Answers
from reports.sources import ComparisonError, Source
from reports.waves import State, VoiceWaves, waves


def voice(of: Voice, old: Source | None = None, new: Source | None = None) -> VoiceWaves:
    return next(v for v in waves(old or first_run(), new or second_run()).voices if v.voice is of)


@cache
def second_version() -> Questionnaire:
    """The short form with 1.4 worded anew for society, without 7.4, and with 7.5."""
    text = (FOLDER / "kurzform-1.toml").read_text("utf-8")
    text = text.replace("version = 1", "version = 2", 1)
    text = text.replace("Fragt die Stadt nach, ob ihre Angebote den Menschen hier wirklich helfen?", "Hilft es?")
    return parse("kurzform-2.toml", text.replace('id = "7.4"', 'id = "7.5"'))


def two_versions() -> tuple[Source, Source]:
    tally = {**people(97, Voice.SOCIETY, 36)}
    tally["7.5"] = tally.pop("7.4")
    return first_run(), source(second_version(), "neu", {Voice.SOCIETY: Answers(tally, 97)}, 2028)


# ---- figures ----------------------------------------------------------------------------------------------------


def test_marks_then_and_now_by_hand() -> None:
    staff = voice(Voice.ADMINISTRATION)
    assert (staff.before.n, staff.after.n) == (40, 44)
    assert people(40, Voice.ADMINISTRATION, 34)["1.1"] == {
        "yes": 5, "rather-yes": 15, "rather-no": 8, "no": 9, "cannot-say": 3,
    }  # fmt: skip
    found = {c.id: c for c in staff.criteria}
    assert len(found) == 34
    # 1.1: 5, 15, 8, 9 → 53/37 = 1.43; then 14, 16, 7, 4 → 81/41 = 1.98
    assert (found["1.1"].before.mark, found["1.1"].after.mark, found["1.1"].steps) == ("rather-no", "rather-yes", 1)  # type: ignore[union-attr]
    # 2.8: 12, 17, 8, 0 → 78/37 = 2.11; then 5, 13, 6, 11 → 47/35 = 1.34
    assert (found["2.8"].before.mark, found["2.8"].after.mark, found["2.8"].steps) == ("rather-yes", "rather-no", -1)  # type: ignore[union-attr]
    assert [(c.id, c.steps) for c in staff.moved] == [
        ("1.1", 1), ("1.2", 1), ("2.1", -1), ("2.4", 1), ("2.5", -1), ("2.7", -1), ("2.8", -1), ("2.9", -1),
        ("3.1", -1), ("3.2", -1), ("4.1", -1), ("4.3", -1), ("4.4", -1), ("5.1", 1), ("6.1", 1), ("7.1", -1),
        ("7.4", 1),
    ]  # fmt: skip


def test_levels_then_and_now_by_hand() -> None:
    residents = voice(Voice.SOCIETY)
    assert residents.overall is not None
    found = {f.id: (f.before.mean, f.after.mean, f.steps) for f in (*residents.fields, residents.overall)}
    assert {one: (str(then), str(now), steps) for one, (then, now, steps) in found.items()} == {
        "1": ("1", "3/2", 1), "2": ("7/5", "7/5", 0), "3": ("3/2", "3/2", 0), "4": ("5/3", "4/3", -1),
        "5": ("4/3", "5/3", 1), "6": ("4/3", "5/3", 1), "7": ("3/2", "7/4", 0), "overall": ("24/17", "3/2", 1),
    }  # fmt: skip


def test_a_voice_withheld_both_times_is_named_without_figures() -> None:
    assert voice(Voice.POLITICS) == VoiceWaves(
        Voice.POLITICS, voice(Voice.POLITICS).before, voice(Voice.POLITICS).after, (), (), None
    )
    assert {w.state for w in (voice(Voice.POLITICS).before, voice(Voice.POLITICS).after)} == {State.WITHHELD}


def test_a_voice_withheld_once_has_one_column() -> None:
    few = source(kurzform(), "neu", {Voice.SOCIETY: Answers({"1.1": {"no": 3}}, 3)}, 2028)
    residents = voice(Voice.SOCIETY, new=few)
    assert {(c.after, c.steps) for c in residents.criteria} == {(None, None)}
    assert {(f.after, f.steps, f.uneven) for f in residents.fields} == {(None, None, ())}
    staff = voice(Voice.ADMINISTRATION, new=few)
    assert (staff.before.state, staff.after.state, staff.criteria) == (State.SHOWN, State.NOT_ASKED, ())
    text = visible(waves_page(first_run(), few, words_in("de")))
    assert "jetzt: zurückgehalten, zum Schutz kleiner Gruppen" in text
    assert (
        "1.1 Strukturen und Prozesse zur Steuerung eher nein 96 Einschätzungen zurückgehalten nicht verglichen" in text
    )
    assert "damals: 40 Teilnehmende, selbst gewählt, nicht repräsentativ jetzt: nicht befragt" in text


def test_another_version_is_compared_over_the_criteria_both_have() -> None:
    old, new = two_versions()
    found = waves(old, new)
    assert (found.only_before, found.only_after) == (("7.4",), ("7.5",))
    residents = voice(Voice.SOCIETY, old, new)
    assert [c.id for c in residents.criteria] == [one for one in kurzform().criteria if one != "7.4"]
    assert [c.id for c in residents.criteria if c.reworded] == ["1.4"]
    seven = residents.fields[6]
    # without 7.4: then 7.1 "eher ja", 7.2 "eher ja", 7.3 "eher nein" = 5/3; with it 3/2 as in its Auswertung
    assert (str(seven.before.mean), seven.before.level, seven.before.asked) == ("5/3", Level.ADVANCED, 3)  # type: ignore[union-attr]
    text = visible(waves_page(old, new, words_in("de")))
    assert "Nur damals gefragt: Adäquates Management von Konflikten (7.4) ." in text
    assert "Nur jetzt gefragt: Adäquates Management von Konflikten (7.5) ." in text
    assert (
        "damals : Fragt die Stadt nach, ob ihre Angebote den Menschen hier wirklich helfen? jetzt : Hilft es?" in text
    )


def test_another_wording_for_another_voice_is_none_for_this_one() -> None:
    old, _ = two_versions()
    tally = {one: row("9 9 0 0 0 0") for one in second_version().criteria}
    new = source(second_version(), "neu", {Voice.ADMINISTRATION: Answers(tally, 18)}, 2028)
    assert [c.id for c in voice(Voice.ADMINISTRATION, old, new).criteria if c.reworded] == []


def test_criteria_with_a_mark_in_one_run_only_are_named_beside_the_level() -> None:
    fewer = {**people(97, Voice.SOCIETY, 36), "2.3": row("1 1 1 1 90 0")}
    new = source(kurzform(), "neu", {Voice.SOCIETY: Answers(fewer, 97)}, 2028)
    residents = voice(Voice.SOCIETY, new=new)
    assert [f.uneven for f in residents.fields] == [(), ("2.3",), (), (), (), (), ()]
    assert "nur einmal bewertet: 2.3" in visible(waves_page(first_run(), new, words_in("de")))


def test_a_statement_against_the_last_one() -> None:
    old, new = statement(), statement("wieder", {"5": "223", "4": "121223"}, 2028)
    (found,) = waves(old, new).voices
    assert [(c.id, c.steps) for c in found.moved] == [("5.3", 3), ("4.4", -1)]
    assert [(f.id, f.steps) for f in found.fields if f.steps] == [("5", 1)]
    assert (found.before.n, found.after.n) == (None, None)
    text = visible(waves_page(old, new, words_in("de")))
    assert "Beide Male hat die Kommune sich selbst eingeschätzt" in text
    assert "wenige Menschen" not in text
    assert re.findall(r"Erhebung (\w+) , unterzeichnet am (30. Oktober \d+)", text) == [
        ("selbst", "30. Oktober 2026"), ("wieder", "30. Oktober 2028"),
    ]  # fmt: skip
    assert "abgeschlossen am" not in text, "it may still be open"
    assert "5.3 Globale Verantwortung 3 Schritte höher" in text


# ---- what is refused --------------------------------------------------------------------------------------------


def only(of: Voice, survey: str, year: int) -> Source:
    return source(kurzform(), survey, {of: Answers({"1.1": {"yes": 12}}, 12)}, year)


REFUSED: dict[str, tuple[Callable[[], tuple[Source, Source]], str]] = {
    "the same": (lambda: (first_run(), first_run()), "survey erste is named twice"),
    "order": (lambda: (second_run(), first_run()), "survey zweite closed after erste; name the earlier one first"),
    "communes": (lambda: (first_run(), replace(second_run(), commune="Jever")), "different communes"),
    "questionnaires": (lambda: (statement(), second_run()), "asked langform-1, zweite asked kurzform-1.*a mirror"),
    "voices": (lambda: (only(Voice.SOCIETY, "a", 2026), only(Voice.ADMINISTRATION, "b", 2028)),
               "surveys a and b have no voice in common"),
    "criteria": (lambda: (dialogue("a"), dialogue("b")), "surveys a and b have no criterion in common"),
}  # fmt: skip


def dialogue(survey: str) -> Source:
    document = dict(closed_dialog().document)
    document["survey"] = {**document["survey"], "id": survey}
    return Source(COMMUNE, document, dialog())


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_why(case: str) -> None:
    sources, word = REFUSED[case]
    with pytest.raises(ComparisonError, match=word):
        waves(*sources())


# ---- protection and pages ---------------------------------------------------------------------------------------


def test_nothing_of_a_withheld_voice_or_below_k_appears() -> None:
    def of(politics: Tally, handed_in: int, few: str, five: str) -> list[bytes]:
        staff = Answers({"1.1": row("20 10 5 5 0 0"), "1.2": row(few), "2.1": row(five)}, 40)
        new = source(
            kurzform(), "neu", {Voice.ADMINISTRATION: staff, Voice.POLITICS: Answers(politics, handed_in)}, 2028
        )
        german = words_in("de")
        auswertung = html(new.document, kurzform(), german, COMMUNE, since=first_run())
        return [
            waves_page(first_run(), new, german).encode(), waves_as_json(waves(first_run(), new)), auswertung.encode(),
        ]  # fmt: skip

    canary = {one: {"no": 4} for one in kurzform().criteria}
    assert of({}, 1, "4 0 0 0 30 6", "7 0 0 0 33 0") == of(canary, 4, "0 0 1 0 39 0", "6 1 0 0 30 3")


def test_golden_waves() -> None:
    golden("waves.json", waves_as_json(waves(first_run(), second_run())))
    found = json.loads(waves_as_json(waves(first_run(), second_run())))
    assert found["voices"]["society"]["fields"][0]["before"] == {
        "level": "on-the-way", "mean": 1.0, "mean_exact": "1", "reason": None,
    }  # fmt: skip
    assert found["voices"]["politics"] == {
        "before": {"state": "withheld", "n": None}, "after": {"state": "withheld", "n": None}, "fields": [],
        "overall": None, "criteria": [],
    }  # fmt: skip


def test_the_page_says_that_small_changes_prove_nothing() -> None:
    page = waves_page(first_run(), second_run(), words_in("de"))
    text = visible(page)
    assert (
        "Kleine Änderungen der Bewertungen beweisen nichts: Beide Male haben wenige Menschen mitgemacht, die sich "
        "selbst dafür entschieden haben, und nicht unbedingt dieselben." in text
    )
    assert "1.1 Strukturen und Prozesse zur Steuerung 1 Schritt höher" in text
    assert "2 Fairer Zugang und Teilhabechancen auf dem Weg fortgeschritten Mittelwert 1,80 auf dem Weg Mittelwert " \
           "1,40 1 Stufe tiefer" in text  # fmt: skip
    assert "damals: zurückgehalten, zum Schutz kleiner Gruppen" in text
    drawing = re.search(r'<svg class="dumbbell"[^>]*aria-labelledby="w-administration-2.8-t".*?</svg>', page, re.S)
    assert drawing is not None
    assert "<desc" in drawing[0] and "damals: eher ja; jetzt: eher nein" in drawing[0]
    assert re.findall(r'<use href="#([a-z-]+)" x="([0-9.]+)%"', drawing[0]) == [
        ("side-ring", "62.5"), ("side-triangle", "37.5"),
    ]  # fmt: skip


@pytest.mark.parametrize("code", LANGUAGES)
def test_in_every_language_the_same_marks_in_the_same_order(code: str) -> None:
    def drawn(source: str) -> list[str]:
        return re.findall(r'(?:href="#((?:mark|voice|side)-[a-z-]+)"|class="id">([0-9.]+)<)', source)

    german = waves_page(first_run(), second_run(), words_in("de"))
    assert drawn(waves_page(first_run(), second_run(), words_in(code))) == drawn(german)


def test_the_auswertung_ends_with_the_comparison() -> None:
    page = html(second_run().document, kurzform(), words_in("de"), COMMUNE, since=first_run())
    headings = re.findall(r'<h2 id="([a-z-]+)-h"', page)
    assert headings[headings.index("overall") :] == ["overall", "mirror", "waves", "taking-part", "rule", "limits"]
    assert 'href="#waves"' in page
    ids: Mapping[str, int] = {one: page.count(f'id="{one}"') for one in re.findall(r' id="([^"]+)"', page)}
    assert {one: n for one, n in ids.items() if n > 1} == {}
