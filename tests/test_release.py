"""A release: frozen, hashed, free of what must not be seen; and a checker that names each figure that was touched."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from samples import FACTS, K, closed_dialog, dialog, kurzform, small, statement_of_a_city, three_voices

from conversations.questionnaire import Voice
from reports.checker import checked, problems
from reports.document import ReleaseError, canonical, digest_of, evaluation_of
from reports.evaluation import EvaluationError
from reports.machine import as_json, report
from reports.release import Answers, read, release

Change = Callable[[dict[str, Any]], object]


def society(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["voices"]["society"]
    return found


def first_field(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = society(document)["fields"][0]
    return found


def first_criterion(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = first_field(document)["criteria"][0]
    return found


def test_a_good_release_has_no_problems() -> None:
    assert problems(three_voices().document, kurzform()) == []
    assert problems(closed_dialog().document, dialog()) == []


def test_same_answers_same_bytes_and_the_digest_is_theirs() -> None:
    one, other = three_voices(), three_voices()
    assert one.bytes == other.bytes
    assert one.digest == other.digest == digest_of(json.loads(one.bytes))
    assert read(one.bytes, kurzform()) == one


def test_a_withheld_voice_leaves_nothing_behind() -> None:
    found = three_voices()
    assert found.document["voices"]["politics"] == {"withheld": True, "k": 5}
    assert evaluation_of(found.document, kurzform(), "politics") is None


def test_statements_are_ids_without_voice_while_a_voice_is_withheld() -> None:
    statements = three_voices().document["statements"]
    assert sorted(entry["id"] for entry in statements["o1"]) == ["a1", "b2", "c3", "p1"]
    assert {entry["voice"] for entries in statements.values() for entry in entries} == {None}


def test_statements_name_their_voice_where_all_voices_are_shown() -> None:
    assert {e["voice"] for e in closed_dialog().document["statements"]["d1"]} == {"society"}


def test_a_voice_that_stands_alone_below_k_keeps_its_statements_too() -> None:
    answers = Answers({}, 4, 0, {}, {"d1": ["a"]})
    assert release(dialog(), FACTS, {Voice.SOCIETY: answers}, K).document["statements"] == {}


def test_languages_are_merged_and_lose_nobody() -> None:
    languages = society(dict(three_voices().document))["languages"]
    assert languages == [
        {"code": "de", "n": 38},
        {"code": "ar", "n": 13},
        {"code": "en", "n": 6},
        {"code": "other", "n": 5},
    ]


def test_an_institution_is_shown_whole_and_only_signed() -> None:
    found = statement_of_a_city()
    block = found.document["voices"]["administration"]
    assert (block["n"], block["not_handed_in"], block["languages"]) == (1, 0, [])
    assert block["fields"][0]["criteria"][0]["mark"] == "rather-yes"
    assert found.document["statements"] == {}
    assert problems(found.document, small()) == []
    with pytest.raises(ReleaseError, match="is signed"):
        release(small(), FACTS, {Voice.ADMINISTRATION: Answers({"1.1.1": {"no": 1}}, 1)}, K)


def test_a_voice_of_which_somebody_knows_all_but_a_few_is_withheld() -> None:
    found = release(kurzform(), FACTS, {Voice.SOCIETY: Answers({}, 12, apart=4)}, K)
    assert found.document["voices"] == {"society": {"withheld": True, "k": 5}}


def test_answers_that_cannot_be_are_refused() -> None:
    with pytest.raises(EvaluationError, match=r"1\.1"):
        release(kurzform(), FACTS, {Voice.SOCIETY: Answers({"1.1": {"yes": 9}}, 8)}, K)
    with pytest.raises(ReleaseError, match="by language"):
        release(kurzform(), FACTS, {Voice.SOCIETY: Answers({}, 8, 0, {"de": 9})}, K)
    with pytest.raises(ReleaseError, match="has no voice"):
        release(small("persons"), FACTS, {Voice.POLITICS: Answers({}, 8)}, K)


TAMPERED: dict[str, tuple[Change, str]] = {
    "a mark": (lambda d: first_criterion(d).update(mark="yes"), "society 1.1: mark is 'yes', but must be 'rather-no'"),
    "a mean": (lambda d: first_criterion(d).update(mean="2"), "society 1.1: mean is '2'"),
    "a count": (lambda d: first_criterion(d)["counts"].update(yes=7), "1.1: counts add up to 63, but must be 62"),
    "a number of ratings": (lambda d: first_criterion(d).update(n=55), "society 1.1: n is 55, but must be 54"),
    "divided": (lambda d: first_criterion(d).update(divided=False), "society 1.1: divided is False"),
    "close": (lambda d: first_criterion(d).update(close=False), "society 1.1: close is False"),
    "a reason beside a mark": (lambda d: first_criterion(d).update(reason="too-few"), "either a mark or a reason"),
    "a field's mean": (lambda d: first_field(d).update(mean="7/4"), "field 1: mean is '7/4', but must be '3/2'"),
    "a field's level": (lambda d: first_field(d).update(level="open"), "society field 1: level is 'open'"),
    "by rounding": (lambda d: first_field(d).update(by_rounding=False), "society field 1: by_rounding"),
    "coverage": (lambda d: first_field(d).update(answered=3), "society field 1: answered is 3, but must be 4"),
    "a gap": (lambda d: first_field(d).update(gaps=[{"question": "1.1", "reason": "skipped"}]), "field 1: gaps"),
    "the span": (lambda d: first_field(d)["span"].update(lowest="3/2"), "society field 1: span"),
    "tipping": (lambda d: first_field(d).update(tipping=[]), "society field 1: tipping"),
    "the overall level": (lambda d: society(d)["overall"].update(level="open"), "society overall: level"),
    "the focus": (lambda d: society(d).update(focus=["3"]), "society focus: the proposal is ['3']"),
    "a criterion's id": (lambda d: first_criterion(d).update(id="9.9"), "society field 1: criteria"),
    "a missing field": (lambda d: society(d)["fields"].pop(), "society: fields"),
    "n below k": (lambda d: society(d).update(n=4), "society: n is 4, fewer than 5: must be withheld"),
    "a smaller k": (lambda d: society(d).update(k=3), "society: k is 3, but must be at least 5"),
    "few without handing in": (lambda d: society(d).update(not_handed_in=3), "society: not_handed_in is 3"),
    "a small language": (lambda d: society(d)["languages"][0].update(n=2), "language group de has 2, fewer than 5"),
    "languages' sum": (lambda d: society(d)["languages"].pop(), "languages add up to 57, but n is 62"),
    "a figure of a withheld voice": (lambda d: d["voices"]["politics"].update(n=4), "politics: is withheld, but has"),
    "counts kept back for no cause": (
        lambda d: first_criterion(d).update(
            dict.fromkeys(("counts", "n", "mean", "divided", "close", "mark")), reason="not-rated"
        ),
        "society 1.1: has no counts, but no cause",
    ),
    "a mean without counts": (
        lambda d: society(d)["fields"][6]["criteria"][2].update(mean="11/4"),
        "society 7.3: mean is '11/4', but must be None",
    ),
    "a cut": (lambda d: d["rule"].update(cuts=["1/2", "3/2", "2"]), "document: rule"),
    "a value": (lambda d: d["rule"]["values"].update({"rather-yes": 3}), "document: rule"),
    "another version": (lambda d: d["questionnaire"].update(version=2), "document: questionnaire"),
    "an unknown voice": (lambda d: d["voices"].update(police={"withheld": True, "k": 5}), "police: kurzform-1 has no"),
    "an unknown entry": (lambda d: first_field(d).update(respondents=["r1"]), "field 1: unknown entry respondents"),
    "a text in the statements": (lambda d: d["statements"]["o1"][0].update(text="x"), "o1: unknown entry text"),
    "a voice in the statements": (lambda d: d["statements"]["o1"][0].update(voice="politics"), "the voice politics"),
    "statements of a rating": (lambda d: d["statements"].update({"1.1": []}), "statements 1.1: is no open question"),
    "a question apart from its criterion": (
        lambda d: first_field(d)["questions"][0]["counts"].update(yes=7, no=7), "society 1.1: counts"
    ),
    "nothing at all": (lambda d: d.clear(), "document: cannot be read"),
    "voices of the wrong kind": (lambda d: d.update(voices=[]), "document: cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_the_checker_names_what_was_tampered_with(name: str) -> None:
    change, complaint = TAMPERED[name]
    document = copy.deepcopy(dict(three_voices().document))
    change(document)
    found = problems(document, kurzform())
    assert any(complaint in one for one in found), found
    with pytest.raises(ReleaseError):
        checked(document, kurzform())
    with pytest.raises(ReleaseError):
        as_json(document, kurzform())


def test_every_single_number_of_a_document_is_guarded() -> None:
    """Whatever whole number, fraction or word of a figure is changed, the checker notices (field 7 has all kinds)."""
    document = json.loads(three_voices().bytes)
    unguarded = []
    for path in list(_leaves(document["voices"]["society"]["fields"][6])):
        changed = copy.deepcopy(document)
        place: Any = changed["voices"]["society"]["fields"][6]
        for key in path[:-1]:
            place = place[key]
        value = place[path[-1]]
        place[path[-1]] = {
            bool: lambda v: not v,
            int: lambda v: v + 1,
            str: lambda v: f"{v}1",
            type(None): lambda v: 1,
        }[type(value)](value)
        if not problems(changed, kurzform()):
            unguarded.append(path)
    assert unguarded == []


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for key, inner in enumerate(value):
            yield from _leaves(inner, (*path, key))
    else:
        yield path


# ---- the report for machines ------------------------------------------------------------------------------------


def test_the_json_report_by_hand() -> None:
    found = json.loads(as_json(three_voices().document, kurzform()))
    assert (found["survey"], found["questionnaire"]) == ("WOK-26", {"id": "kurzform", "version": 1})
    administration = found["voices"]["administration"]
    assert (administration["n"], administration["focus"]) == (14, ["1", "4", "5", "7"])
    field = administration["fields"][0]
    assert (field["id"], field["level"], field["mean"], field["mean_exact"]) == ("1", "advanced", 1.75, "7/4")
    assert (field["answered"], field["asked"], field["close_to_cut"]) == (4, 4, False)
    criterion = field["criteria"][0]
    assert (criterion["mark"], criterion["mean"], criterion["mean_exact"], criterion["n"]) == (
        "rather-yes",
        2.15,
        "28/13",
        13,
    )
    assert found["voices"]["society"]["overall"]["mean"] == 1.58


def test_the_json_report_keeps_its_shape_for_what_is_kept_back() -> None:
    found = report(three_voices().document, kurzform())["voices"]
    politics = found["politics"]
    assert (politics["n"], politics["reason"], len(politics["fields"])) == (None, "withheld", 7)
    marks = [(c["mark"], c["n"], c["reason"]) for f in politics["fields"] for c in f["criteria"]]
    assert marks == [(None, None, "withheld")] * 34
    too_few = found["society"]["fields"][6]["criteria"][2]
    assert (too_few["id"], too_few["mark"], too_few["n"], too_few["reason"]) == ("7.3", None, None, "too-few")
    few = found["administration"]["fields"][1]["criteria"][5]
    assert (few["id"], few["mark"], few["n"], few["mean"]) == ("2.6", "rather-yes", None, None)


def test_same_release_same_json() -> None:
    assert as_json(three_voices().document, kurzform()) == as_json(json.loads(three_voices().bytes), kurzform())
    assert canonical(three_voices().document) == canonical(json.loads(three_voices().bytes))
