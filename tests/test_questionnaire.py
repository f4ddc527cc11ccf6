"""Reading questionnaires: every complaint names file and id, releases stay, and METHOD §2's counts hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations.questionnaire import (
    FOLDER,
    Kind,
    Mirror,
    Question,
    Questionnaire,
    QuestionnaireError,
    Voice,
    digest_of,
    latest,
    load,
    parse,
    released,
    wordings,
)

ADMINISTRATION, POLITICS, SOCIETY = Voice
GOOD = """
id = "probe"
version = 2
answers_as = "persons"
title = "Probe"
introduction = "Los."
origin = "Nach Probe formuliert."
minutes = 3
voices = ["society", "administration", "politics"]
[[field]]
id = "1"
title = "Feld Eins"
[[field.criterion]]
id = "1.1"
title = "Kriterium"
[[field.criterion.question]]
id = "1.1"
kind = "rating"
mirror = "same"
text = "Frage?"
[[open]]
id = "o1"
kind = "open"
text = "Was noch?"
"""


def read(old: str = "", new: str = "", file: str = "probe-2.toml") -> Questionnaire:
    """The good file with one thing replaced."""
    assert old in GOOD
    return parse(file, GOOD.replace(old, new, 1) if old else GOOD)


def same(text: str) -> dict[Kind, str]:
    return dict.fromkeys(Kind, text)


# ---- what is read -------------------------------------------------------------------------------------------------


def test_a_question_holds_a_wording_for_every_voice_and_kind() -> None:
    found = read(
        'text = "Frage?"',
        """help = { society = "Etwa so." }
        note = "Nur das."
        [field.criterion.question.text]
        administration = { city = "Unsere Stadt?", district = " Unser Landkreis? " }
        society = "Hier?" """,
    )
    administration = {Kind.CITY: "Unsere Stadt?", Kind.DISTRICT: "Unser Landkreis?"}
    text = {SOCIETY: same("Hier?"), ADMINISTRATION: administration, POLITICS: administration}
    assert found.by_id["1.1"] == Question(
        "1.1", True, text, {SOCIETY: same("Etwa so.")}, Mirror.SAME, False, "Nur das."
    )
    assert list(wordings(text)) == ["Hier?", "Unsere Stadt?", "Unser Landkreis?"]


def test_a_voice_s_own_wording_goes_before_that_of_all() -> None:
    found = read('text = "Frage?"', 'text = { all = "Alle?", politics = "Rat?" }')
    assert found.by_id["1.1"].text == {
        SOCIETY: same("Alle?"), ADMINISTRATION: same("Alle?"), POLITICS: same("Rat?"),
    }  # fmt: skip


def test_a_questionnaire_knows_order_and_places() -> None:
    found = read()
    assert (found.name, found.institution, found.minutes, found.voices) == (
        "probe-2", False, 3, (SOCIETY, ADMINISTRATION, POLITICS),
    )  # fmt: skip
    assert [(q.id, q.several) for q in found.questions] == [("1.1", False), ("o1", True)]
    assert {q: c.id for q, c in found.criterion_of.items()} == {"1.1": "1.1"}


LONG = """
id = "lang"
version = 1
answers_as = "institution"
title = "Lang"
introduction = "Los."
origin = "Probe"
minutes = 90
voices = ["administration"]
[[field]]
id = "1"
title = "Feld Eins"
[[field.criterion]]
id = "1.1"
title = "A"
[[field.criterion.question]]
id = "1.1.1"
kind = "rating"
text = "A eins?"
[[field.criterion.question]]
id = "1.1.2"
kind = "rating"
text = "A zwei?"
[[field.criterion]]
id = "1.2"
title = "B"
[[field.criterion.question]]
id = "1.2.1"
kind = "rating"
text = "B eins?"
[[field.open]]
id = "1.m"
kind = "open"
text = "Welche Maßnahmen?"
[[field.open]]
id = "1.b"
kind = "open"
optional = true
text = "Wer ist beteiligt?"
[[field]]
id = "2"
title = "Feld Zwei"
[[field.criterion]]
id = "2.1"
title = "C"
[[field.criterion.question]]
id = "2.1.1"
kind = "rating"
text = "C eins?"
[[field.open]]
id = "2.m"
kind = "open"
text = "Welche Maßnahmen?"
"""


def test_the_long_form_has_several_questions_per_criterion_and_open_ones_per_field() -> None:
    found = parse("lang-1.toml", LONG)
    assert [q.id for q in found.questions] == ["1.1.1", "1.1.2", "1.2.1", "1.m", "1.b", "2.1.1", "2.m"]
    assert [q.id for q in found.fields[0].ratings] == ["1.1.1", "1.1.2", "1.2.1"]
    assert {c.id: [q.id for q in c.questions] for c in found.criteria.values()} == {
        "1.1": ["1.1.1", "1.1.2"], "1.2": ["1.2.1"], "2.1": ["2.1.1"],
    }  # fmt: skip
    assert (found.institution, found.open, found.by_id["1.b"].optional) == (True, (), True)


# ---- what cannot be used ------------------------------------------------------------------------------------------

CRITERION = '[[field.criterion]]\nid = "1.1"\ntitle = "Kriterium"\n'
FIELD = '[[field]]\nid = "1"\ntitle = "Feld Eins"\n'
QUESTION = '[[field.criterion.question]]\nid = "1.1"\nkind = "rating"\nmirror = "same"\ntext = "Frage?"\n'
OPEN = '[[open]]\nid = "o1"\nkind = "open"\ntext = "Was noch?"\n'
FIELD_OPEN = '[[field.open]]\nid = "1.m"\nkind = "open"\ntext = "Was noch?"\n'
FORM = "is not of the form 1, 1.4, 1.4.2, o1 or 1.m"
UNIQUE = "appears twice"

WRONG = {
    "no-id": ('id = "probe"', "", "top level: id is missing or not a text"),
    "version-0": ("version = 2", "version = 0", "top level: version and minutes are whole numbers from 1"),
    "version-text": ("version = 2", 'version = "2"', "top level: version and minutes are whole numbers from 1"),
    "version-true": ("version = 2", "version = true", "top level: version and minutes are whole numbers from 1"),
    "no-version": ("version = 2", "", "top level: version and minutes are whole numbers from 1"),
    "minutes-half": ("minutes = 3", "minutes = 2.5", "top level: version and minutes are whole numbers from 1"),
    "minutes-0": ("minutes = 3", "minutes = 0", "top level: version and minutes are whole numbers from 1"),
    "answers-as": ('"persons"', '"people"', "top level: unknown answers_as 'people' (persons or institution)"),
    "no-answers-as": ('answers_as = "persons"', "", "top level: answers_as is missing or not a text"),
    "no-title": ('title = "Probe"', 'title = " "', "top level: title is missing or not a text"),
    "no-origin": ('origin = "Nach Probe formuliert."', "", "top level: origin is missing or not a text"),
    "no-introduction": ('introduction = "Los."', "", "introduction: text is missing"),
    "no-voices": ('voices = ["society", "administration", "politics"]', "voices = []",
                  "top level: voices is a list out of administration, politics, society"),
    "unknown-voice": ('"society", ', '"press", ',
                      "top level: voices is a list out of administration, politics, society"),
    "voice-no-text": ('"society", ', '["society"], ',
                      "top level: voices is a list out of administration, politics, society"),
    "voice-twice": ('"society", ', '"politics", ',
                    "top level: voices is a list out of administration, politics, society"),
    "unknown-key": ("minutes = 3", "minutes = 3\nk = 5\nbeta = true", "top level: unknown key beta, k"),
    "field-no-table": (f"{FIELD}{CRITERION}{QUESTION}", 'field = "1"\n',
                       "top level: [[field]] must be a list of tables"),
    "field-id": (FIELD, FIELD.replace('"1"', '"eins"'), f"[[field]]: id 'eins' {FORM}"),
    "field-key": (FIELD, FIELD + "weight = 2\n", "1: unknown key weight"),
    "field-title": (FIELD, FIELD.replace('title = "Feld Eins"\n', ""), "1: title is missing or not a text"),
    "field-twice": (OPEN, f"{FIELD}{CRITERION.replace('1.1', '1.2')}{QUESTION.replace('1.1', '1.2')}",
                    f"1: this field id {UNIQUE}"),
    "criterion-id": (CRITERION, CRITERION.replace("1.1", "1.1.1.1"), f"1: id '1.1.1.1' {FORM}"),
    "criterion-key": (CRITERION, CRITERION + "mark = 3\n", "1.1: unknown key mark"),
    "criterion-title": (CRITERION, CRITERION.replace("Kriterium", ""), "1.1: title is missing or not a text"),
    "criterion-twice": (OPEN, CRITERION + QUESTION.replace("1.1", "1.1.2"), f"1.1: this criterion id {UNIQUE}"),
    "criterion-empty": (QUESTION, "", "1.1: a criterion has at least one question, all of kind rating"),
    "criterion-open": (QUESTION, QUESTION.replace('"rating"', '"open"'),
                       "1.1: a criterion has at least one question, all of kind rating"),
    "criterion-elsewhere": (CRITERION + QUESTION, (CRITERION + QUESTION).replace("1.1", "2.1"),
                            "2.1: does not belong under field 1"),
    "criterion-under-10": (CRITERION + QUESTION, (CRITERION + QUESTION).replace("1.1", "10.1"),
                           "10.1: does not belong under field 1"),
    "question-elsewhere": (QUESTION, QUESTION.replace("1.1", "1.2"), "1.2: does not belong under criterion 1.1"),
    "question-under-1.10": (QUESTION, QUESTION.replace("1.1", "1.10"), "1.10: does not belong under criterion 1.1"),
    "question-twice": (OPEN, QUESTION + OPEN, f"1.1: this question id {UNIQUE}"),
    "open-twice": (OPEN, OPEN + OPEN, f"o1: this question id {UNIQUE}"),
    "question-no-id": (QUESTION, QUESTION.replace('id = "1.1"\n', ""), "1.1: id is missing or not a text"),
    "question-key": (QUESTION, QUESTION + "hint = 1\n", "1.1: unknown key hint"),
    "question-kind": (QUESTION, QUESTION.replace("rating", "stars"), "1.1: unknown kind 'stars' (rating or open)"),
    "question-mirror": (QUESTION, QUESTION.replace("same", "like"),
                        "1.1: unknown mirror 'like' (same, perceived, other)"),
    "mirror-no-text": (QUESTION, QUESTION.replace('"same"', '["same"]'),
                       "1.1: unknown mirror ['same'] (same, perceived, other)"),
    "question-note": (QUESTION, QUESTION + "note = 3\n", "1.1: note is missing or not a text"),
    "optional-no-bool": (OPEN, OPEN + 'optional = "no"\n', "o1: optional is true or false"),
    "open-rating": (OPEN, OPEN.replace('"open"', '"rating"'), "o1: stands under [[open]] and must be of kind open"),
    "field-open-rating": (OPEN, FIELD_OPEN.replace('"open"', '"rating"'),
                          "1.m: stands under [[open]] and must be of kind open"),
    "field-open-elsewhere": (OPEN, FIELD_OPEN.replace("1.m", "2.m"), "2.m: does not belong under field 1"),
    "no-text": ('text = "Frage?"\n', "", "1.1.text: text is missing"),
    "empty-text": ('"Frage?"', '" "', "1.1.text.society: a wording is a text or a table of city and district"),
    "no-wording": ('"Frage?"', '{ administration = "Amt?" }', "1.1.text: no wording for society"),
    "unknown-wording": ('"Frage?"', '{ all = "Alle?", press = "Presse?" }', "1.1.text: unknown key press"),
    "city-alone": ('"Frage?"', '{ all = { city = "Stadt?" } }',
                   "1.1.text.society: a wording is a text or a table of city and district"),
    "a-third-kind": ('"Frage?"', '{ all = { city = "Stadt?", district = "Kreis?", village = "Dorf?" } }',
                     "1.1.text.society: a wording is a text or a table of city and district"),
    "district-empty": ('"Frage?"', '{ all = { city = "Stadt?", district = " " } }',
                       "1.1.text.society: a wording is a text or a table of city and district"),
    "district-number": ('"Frage?"', '{ all = { city = "Stadt?", district = 4 } }',
                        "1.1.text.society: a wording is a text or a table of city and district"),
    "help-number": (QUESTION, QUESTION + "help = 3\n", "1.1.help: text is missing"),
    "nothing-asked": (f"{FIELD}{CRITERION}{QUESTION}{OPEN}", "", "top level: no question at all"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_file_and_id(old: str, new: str, complaint: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        read(old, new)
    assert str(caught.value) == f"probe-2.toml: {complaint}"


def test_the_file_is_called_like_id_and_version() -> None:
    for file in ("probe-1.toml", "probe.toml", "andere-2.toml"):
        with pytest.raises(QuestionnaireError) as caught:
            read(file=file)
        assert str(caught.value) == f"{file}: top level: the file of probe version 2 must be probe-2.toml"


def test_broken_toml_is_named_with_file_and_line() -> None:
    with pytest.raises(QuestionnaireError, match=r"^probe-2\.toml: .*line 2"):
        read('id = "probe"', 'id = "probe')


# ---- releases and versions ----------------------------------------------------------------------------------------


def folder(path: Path, *files: tuple[str, str], release: str = "") -> Path:
    for name, text in files:
        (path / name).write_text(text, "utf-8")
    if release:
        (path / "released.toml").write_text(release, "utf-8")
    return path


def test_a_release_that_changed_or_is_missing_is_refused(tmp_path: Path) -> None:
    here = folder(tmp_path, ("probe-2.toml", GOOD))
    digest = digest_of(here / "probe-2.toml")
    folder(here, release=f'[released]\nprobe-2 = "{digest}"\n')
    assert (list(load(here)), released(here)) == (["probe-2"], {"probe-2": digest})
    folder(here, ("probe-2.toml", GOOD.replace("Frage?", "Andere Frage?")))
    with pytest.raises(QuestionnaireError, match=r"^probe-2\.toml: was released and must not change"):
        load(here)
    (here / "probe-2.toml").unlink()
    with pytest.raises(QuestionnaireError, match=r"^probe-2\.toml: was released and must stay, but is missing$"):
        load(here)


def test_line_ends_of_another_system_are_no_change(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"eins\nzwei\n")
    (tmp_path / "b").write_bytes(b"eins\r\nzwei\r\n")
    assert digest_of(tmp_path / "a") == digest_of(tmp_path / "b")


def test_without_a_list_nothing_is_released(tmp_path: Path) -> None:
    assert released(tmp_path) == {}


def test_the_committed_releases_are_unchanged() -> None:
    assert {name: digest_of(FOLDER / f"{name}.toml") for name in released()} == released()


def test_the_latest_version_is_meant_unless_one_is_named(tmp_path: Path) -> None:
    versions = [GOOD.replace("version = 2", f"version = {v}") for v in (2, 9, 10)]
    found = load(folder(tmp_path, *((f"probe-{v}.toml", t) for v, t in zip((2, 9, 10), versions, strict=True))))
    assert [latest(found, name).version for name in ("probe", "probe-9")] == [10, 9]
    with pytest.raises(QuestionnaireError) as caught:
        latest(found, "prob")
    assert str(caught.value) == "there is no questionnaire 'prob'; there are: probe-10, probe-2, probe-9"


# ---- the questionnaires of METHOD §2 ------------------------------------------------------------------------------

CRITERIA = {
    "Management und Steuerung": [
        "Strukturen und Prozesse zur Steuerung", "Stellenwert von Weltoffenheit in Politik und Verwaltung",
        "Weltoffenheit als Führungsaufgabe", "Monitoring",
    ],
    "Fairer Zugang und Teilhabechancen": [
        "Bildung", "Sprache", "Arbeit und Ausbildung", "Wohnen", "Gesundheit und Pflege", "Transport und Mobilität",
        "Kultur", "Sport", "Sicherheit und Recht", "Orientierung für neu Zugezogene",
    ],
    "Arbeit und wirtschaftliche Entwicklung": [
        "Weltoffenheit als Standortvorteil", "Vielfältige Potenziale werden genutzt",
        "Interkulturelle Kompetenzen in der Arbeitswelt", "Adäquate Einbindung in kommunale Wirtschaftskreisläufe",
    ],
    "Interkulturelle Öffnung und Antirassismus": [
        "Interkulturelles Denken und Handeln in Politik und Verwaltung",
        "Interkulturelles Denken in Institutionen und Gremien relevanter Akteure",
        "Menschen mit Einwanderungsgeschichte in Politik und Verwaltung",
        "Menschen mit Einwanderungsgeschichte in Institutionen und Gremien vor Ort",
        "Antirassismus in Politik und Verwaltung",
        "Antirassismus in Institutionen und Gremien weiterer Akteure vor Ort und im öffentlichen Raum",
    ],
    "Engagement und Beteiligung": [
        "Engagement unabhängig von Herkunft, Kultur, Weltanschauung und Religion",
        "Beteiligung an politischen Prozessen", "Globale Verantwortung",
    ],
    "Zusammenhalt und Begegnung": [
        "Begegnung in öffentlichen Räumen", "Wertschätzung von Vielfalt durch Einwohner*innen",
        "Aktives Einstehen für Weltoffenheit durch Einwohner*innen",
    ],
    "Kommunikation und Konfliktmanagement": [
        "Dialog mit und zwischen allen Einwohner*innen", "Berücksichtigung sprachlicher und kultureller Bedürfnisse",
        "Medialer Diskurs", "Adäquates Management von Konflikten",
    ],
}  # fmt: skip


def test_the_short_form_asks_once_for_each_of_the_34_criteria() -> None:
    found = load()["kurzform-1"]
    assert {f.title: [c.title for c in f.criteria] for f in found.fields} == CRITERIA
    assert [len(f.criteria) for f in found.fields] == [4, 10, 4, 6, 3, 3, 4]
    ids = [f"{f}.{c}" for f, titles in enumerate(CRITERIA.values(), 1) for c in range(1, len(titles) + 1)]
    assert [q.id for q in found.questions] == [*ids, "o1", "o2"]
    assert [(c.id, [q.id for q in c.questions]) for c in found.criteria.values()] == [(i, [i]) for i in ids]
    assert [q.rating for q in found.questions] == [True] * 34 + [False] * 2
    assert (found.institution, set(found.voices)) == (False, set(Voice))


def test_society_s_questions_mirror_the_administration_s_as_the_method_says() -> None:
    found = load()["kurzform-1"]
    kinds = {kind: {q.id for q in found.questions if q.mirror is kind} for kind in Mirror}
    assert (kinds[Mirror.OTHER], kinds[Mirror.PERCEIVED]) == (
        {"1.1", "1.3", "1.4"}, {"1.2", "3.1", "3.2", "3.4", "5.3", "7.3"},
    )  # fmt: skip
    assert len(kinds[Mirror.SAME]) == 25


def test_administration_and_politics_are_not_asked_about_each_other() -> None:
    found = load()["kurzform-1"]
    same_text = {q.id for q in found.questions if q.rating and q.text[POLITICS] == q.text[ADMINISTRATION]}
    assert {"1.2", "4.1", "4.3", "4.5"} & same_text == set()


def test_the_dialog_asks_two_open_questions_and_one_more_who_likes() -> None:
    found = load()["dialog-1"]
    assert [(q.id, q.rating, q.optional) for q in found.questions] == [
        ("d1", False, False), ("d2", False, False), ("d3", False, True),
    ]  # fmt: skip
    assert (found.institution, found.fields, found.open) == (False, (), found.questions)


def test_every_question_knows_where_it_stands() -> None:
    kurzform = load()["kurzform-1"]
    spots = {q: (s.group.field.id if s.group.field else None, s.field_number, s.number)
             for q, s in kurzform.spots.items()}  # fmt: skip
    assert list(spots) == [q.id for q in kurzform.questions]
    assert {q: spots[q] for q in ("1.1", "1.4", "2.10", "7.4", "o1", "o2")} == {
        "1.1": ("1", 1, 1), "1.4": ("1", 1, 4), "2.10": ("2", 2, 10), "7.4": ("7", 7, 4), "o1": (None, 8, 1),
        "o2": (None, 8, 2),
    }  # fmt: skip
    assert [len(g.questions) for g in kurzform.groups] == [4, 10, 4, 6, 3, 3, 4, 2]
