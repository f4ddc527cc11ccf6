"""Finds what does not add up in a release document: recomputes every figure and holds every size against k. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from conversations.questionnaire import Kind, Questionnaire, Voice
from conversations.survey import SMALLEST_GROUP
from reports.document import (
    FORMAT,
    RULE,
    Document,
    ReleaseError,
    canonical,
    evaluation_of,
    plain_evaluation,
    plain_figures,
)
from reports.evaluation import NAMES, Counts, Reason, figures
from reports.statement_checker import complaints


def checked(document: Document, questionnaire: Questionnaire) -> Document:
    """The document itself. Raises ReleaseError naming all that does not add up."""
    if wrong := problems(document, questionnaire):
        raise ReleaseError("\n".join(wrong))
    return document


def problems(document: Document, questionnaire: Questionnaire) -> list[str]:
    """Everything in a document that does not add up, one complaint each, with its place; empty when all is well.

    Recomputes marks and means from counts, standings, focus and overall from marks, and holds the sizes against k.
    """
    try:
        return list(_Checker(document, questionnaire).all())
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        return [f"document: cannot be read: {type(error).__name__} {error}"]


class _Checker:
    """Collects complaints; each begins with the place, as in "society 1.4: …"."""

    def __init__(self, document: Document, questionnaire: Questionnaire) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.institution = questionnaire.institution
        self.found: list[str] = []

    def say(self, place: str, what: str) -> None:
        self.found.append(f"{place}: {what}")

    def same(self, place: str, what: str, given: object, right: object) -> None:
        if given != right or type(given) is not type(right):
            self.say(place, f"{what} is {given!r}, but must be {right!r}")

    def keys(self, place: str, given: Mapping[str, Any], right: set[str]) -> None:
        for key in sorted(set(given) ^ right):
            self.say(place, f"{key} is missing" if key in right else f"unknown entry {key}")

    def all(self) -> list[str]:
        document, asked = self.document, self.questionnaire
        parts = {"format", "rule", "survey", "questionnaire", "voices", "statements"}
        self.keys("document", document, parts | ({"town"} if self.institution else set()))
        self.same("document", "format", document["format"], FORMAT)
        self.same("document", "rule", document["rule"], json.loads(canonical(RULE)))
        pinned = {"id": asked.id, "version": asked.version, "institution": asked.institution}
        self.same("document", "questionnaire", document["questionnaire"], pinned)
        self.keys("survey", document["survey"], {"id", "kind", "opened", "closed", "released"})
        Kind(document["survey"]["kind"])
        for name in ("opened", "closed", "released"):
            if document["survey"][name] is not None:
                date.fromisoformat(document["survey"][name])
        if self.found:
            return self.found
        for voice, block in document["voices"].items():
            if voice not in asked.voices:
                self.say(voice, f"{asked.name} has no such voice")
            elif block["withheld"]:
                if set(block) != {"withheld", "k"}:
                    self.say(voice, "is withheld, but has figures")
                if self.institution:
                    self.say(voice, "an institution's statement is never withheld")
            else:
                self.voice(voice, block)
        self.statements()
        if self.institution:
            self.town()
        return self.found

    def town(self) -> None:
        """A signed statement: one voice, no ids of single people's texts, and its own block."""
        document, voice = self.document, self.questionnaire.voices[0]
        if list(document["voices"]) != [voice] or document["statements"]:
            self.say("document", f"a statement has the voice {voice} alone, and its texts stand in the block town")
        elif not self.found:  # the figures are right, so that the statement can be held against them
            evaluation = evaluation_of(document, self.questionnaire, voice)
            assert evaluation is not None  # noqa: S101 - a withheld voice was a complaint above
            released = document["survey"]["released"]
            self.found += complaints(document["town"], self.questionnaire, evaluation, released)

    def voice(self, voice: str, block: Mapping[str, Any]) -> None:
        n, k = block["n"], block["k"]
        names = {"withheld", "k", "n", "not_handed_in", "languages", "fields", "overall", "focus"}
        self.keys(voice, block, names)
        if not self.institution and k < SMALLEST_GROUP[Voice(voice)]:
            self.say(voice, f"k is {k}, but must be at least {SMALLEST_GROUP[Voice(voice)]}")
        if not self.institution and n < k:
            self.say(voice, f"n is {n}, fewer than {k}: must be withheld")
        out = block["not_handed_in"]
        if out is not None and (out < 0 or (out < k and not self.institution)):
            self.say(voice, f"not_handed_in is {out}, fewer than {k}")
        groups = block["languages"]
        if groups and sum(group["n"] for group in groups) != n:
            self.say(voice, f"languages add up to {sum(group['n'] for group in groups)}, but n is {n}")
        for group in groups:
            if group["n"] < k or self.institution:
                self.say(voice, f"language group {group['code']} has {group['n']}, fewer than {k}")
        if not self.order(voice, block):
            return
        for field_block in block["fields"]:
            for one in field_block["criteria"]:
                self.figures(voice, one, n * len(self.questionnaire.criteria[one["id"]].questions), k)
                self.together(voice, one, field_block["questions"])
            for one in field_block["questions"]:
                self.figures(voice, one, n, k)
        evaluation = evaluation_of(self.document, self.questionnaire, voice)
        right = json.loads(canonical(plain_evaluation(evaluation))) if evaluation else {}
        for given, other in zip(block["fields"], right["fields"], strict=True):
            self.standing(f"{voice} field {given['id']}", given, other)
        self.standing(f"{voice} overall", block["overall"], right["overall"])
        self.same(f"{voice} focus", "the proposal", block["focus"], right["focus"])

    def order(self, voice: str, block: Mapping[str, Any]) -> bool:
        """Whether fields, criteria and questions are those of the questionnaire, in its order."""
        before = len(self.found)
        asked = self.questionnaire.fields
        self.same(voice, "fields", [f["id"] for f in block["fields"]], [f.id for f in asked])
        for given, right in zip(block["fields"], asked, strict=False):
            place = f"{voice} field {right.id}"
            self.same(place, "criteria", [c["id"] for c in given["criteria"]], [c.id for c in right.criteria])
            self.same(place, "questions", [q["id"] for q in given["questions"]], [q.id for q in right.ratings])
        return len(self.found) == before

    def figures(self, voice: str, given: Mapping[str, Any], answers: int, k: int) -> None:
        """One question or criterion against its own counts; `answers` is how many there must be altogether."""
        place = f"{voice} {given['id']}"
        self.keys(place, given, {"id", "n", "counts", "mean", "mark", "divided", "close", "reason"})
        if (given["mark"] is None) == (given["reason"] is None):
            self.say(place, "needs either a mark or a reason for none")
        counts = given["counts"]
        if counts is None:
            for name in ("n", "mean", "divided", "close"):
                self.same(place, name, given[name], None)
            if given["reason"] not in (None, Reason.TOO_FEW) or self.institution:
                self.say(place, "has no counts, but no cause to keep them back")
            return
        if set(counts) != set(NAMES) or any(type(n) is not int or n < 0 for n in counts.values()):
            self.say(place, "counts must be whole numbers from 0 for each value")
            return
        found = Counts(**{NAMES[value]: n for value, n in counts.items()})
        if found.ratings + found.missing != answers:
            self.say(place, f"counts add up to {found.ratings + found.missing}, but must be {answers}")
        if not self.institution and 0 < found.ratings < k:
            self.say(place, f"shows {found.ratings} ratings, fewer than {k}")
        right = json.loads(canonical(plain_figures(figures(given["id"], found, self.institution))))
        for name in ("n", "mean", "mark", "divided", "close", "reason"):
            self.same(place, name, given[name], right[name])

    def together(self, voice: str, criterion: Mapping[str, Any], questions: Sequence[Mapping[str, Any]]) -> None:
        """A criterion's counts against the sum of its questions', where all of them are shown."""
        ids = {q.id for q in self.questionnaire.criteria[criterion["id"]].questions}
        its = [q["counts"] for q in questions if q["id"] in ids]
        if criterion["counts"] is not None and None not in its:
            added = {value: sum(counts[value] for counts in its) for value in NAMES}
            self.same(f"{voice} {criterion['id']}", "counts", criterion["counts"], added)

    def standing(self, place: str, given: Mapping[str, Any], right: Mapping[str, Any]) -> None:
        self.keys(place, given, set(right))
        for name in right:
            if name not in ("criteria", "questions", "id") and name in given:
                self.same(place, name, given[name], right[name])

    def statements(self) -> None:
        voices = self.document["voices"]
        some_withheld = any(block["withheld"] for block in voices.values())
        for question, entries in self.document["statements"].items():
            asked = self.questionnaire.by_id.get(question)
            if asked is None or asked.rating:
                self.say(f"statements {question}", "is no open question")
            for entry in entries:
                self.keys(f"statements {question}", entry, {"id", "voice"})
                if entry["voice"] is not None and (entry["voice"] not in voices or some_withheld):
                    self.say(f"statements {question}", f"names the voice {entry['voice']}")
