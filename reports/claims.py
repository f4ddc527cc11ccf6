"""What a written text says of the figures, and which of it is not so: names the line and the right value.

A text is searched sentence by sentence, in German and English, for five things and no others:

    counts    "12 von 14 Fragen", "93 of 105", "30 von 34 Kriterien", "alle 105 Fragen"
    ids       2.5.3 anywhere; 2.5 after "Kriterium" or "Frage", or in brackets behind a title; "Handlungsfeld 5"
    titles    Monitoring (1.4) · 1.4.2 und 1.4.3 (Monitoring) · Handlungsfeld 5 „Titel“ · Handlungsfeld „Titel“
    values    „eher nein“ in quotation marks, or "nicht bearbeitet": of the ids named before it, or after its colon
    levels    Stufe „auf dem Weg“ and "Mittelwert 1,75": of the field named in the sentence, else of the text's own

In the text about all of it a sentence that names fields may still say a count of all, which tells of how many it is;
a level or a mean of all needs a word such as "insgesamt" in that sentence. A sentence that says what would be ("hieße",
"wäre", "would") claims no value and no level. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from conversations.questionnaire import Questionnaire, Rating
from locales import catalogue
from reports import words
from reports.evaluation import Evaluation, Figures, Gap, Level, Standing
from reports.named import (
    CLOSING,
    LANGUAGES,
    OPENING,
    UNRATED,
    Token,
    Value,
    beside,
    bound,
    explained,
    is_field,
    key,
    named,
    sentences,
    title_ids,
    vocabulary,
)

OVERALL = "overall"
TITLED = re.compile(
    rf"\b(?:Handlungsfeld(?:es|s)?|[Ff]ield of action)\s+(\d{{1,2}})?\s*[{OPENING}]([^{CLOSING}]+)[{CLOSING}]"
)
HEADED = re.compile(
    r"^(?:\s*#+\s+(?:Handlungsfeld|Field of action)\s+(?P<a>\d{1,2})\s*[:–-]\s*(?P<b>.+?)"
    r"|[\s-]*(?:Handlungsfeld|Field of action)\s+(?P<c>\d{1,2})\s*–\s*(?P<d>.+?[^\s.!?]))\s*$")  # fmt: skip
OF = re.compile(
    r"(?<![\d.,/])(\d{1,3})(?:\s+(?:von|der|of(?:\s+the)?)\s+|\s*/\s*)(\d{1,3})(?![\d/]|[.,]\d)"
    r"(?:(?:\s+[a-zäöüß]+)?\s+(fragen?|questions?|kriterien|criteria|handlungsfeldern?|feldern?|fields))?",
    re.I)  # fmt: skip
ALL = re.compile(r"\b(?:allen?|insgesamt|all|a total of)\s+(\d{1,3})\s+(fragen|questions|kriterien|criteria)\b", re.I)
BARE = re.compile(
    r"\s*(?:$|[.,;:!?)]|(?:wurden?|sind|ist|waren|haben|bearbeitet|beantwortet|bewertet|were|was|are|have|answered|rated"
    r"|covered)\b)", re.I)  # fmt: skip
MEAN = re.compile(r"\b(?:mittelwert\w*|durchschnitt\w*|average|mean)\s*(?:von|of|:)?\s*(\d)[.,](\d{1,2})(?!\d)", re.I)
TOGETHER = re.compile(r"\b(?:insgesamt|gesamt\w*|overall|altogether|in total)\b", re.I)
NEGATED = re.compile(r"\b(?:nicht|kein\w*|ohne|offen|fehl\w*|not|no|without|missing|open)\b", re.I)
SUPPOSED = re.compile(r"\b(?:wären?|hießen?|würden?|ergäben?|könnten?|would|could|if)\b", re.I)
TOGETHER_HINT = "; that of all fields together needs the word “insgesamt” (“overall”) in its sentence"
LEVELLED = re.compile(r"\b(?:stufen?|reifegrad\w*|levels?)\b", re.I)
JUDGED = re.compile(r"\b(?:bewert\w*|beantwort\w*|eingeschätzt|rated|marked|answered|judged)\b", re.I)


@dataclass(frozen=True)
class Contradiction:
    """A claim that the figures do not bear out: where it stands (lines from 1), what it says, what is so."""

    line: int
    said: str
    right: str


@dataclass(frozen=True, eq=False)
class Facts:
    """What texts are held against: the figures of one voice, and the titles they may be named by."""

    questionnaire: Questionnaire
    evaluation: Evaluation

    def standing(self, one: str) -> Standing:
        """Where a field stands, or all of it together."""
        return next((f.standing for f in self.evaluation.fields if f.id == one), self.evaluation.overall)

    def criteria(self, one: str) -> Sequence[Figures]:
        """The criteria of a field, or all."""
        return next(
            (f.criteria for f in self.evaluation.fields if f.id == one), tuple(self.evaluation.criteria.values())
        )

    def questions(self, one: str) -> Sequence[Figures]:
        """The rating questions of a criterion, of a field, or all."""
        every = self.evaluation.questions
        if one in self.questionnaire.criteria:
            return [every[q.id] for q in self.questionnaire.criteria[one].questions]
        return next((f.questions for f in self.evaluation.fields if f.id == one), tuple(every.values()))

    def figures(self, one: str) -> Figures | None:
        """A question's or a criterion's figures; None for an id that is neither."""
        return self.evaluation.questions.get(one) or self.evaluation.criteria.get(one)


def contradictions(text: str, facts: Facts, part: str, *, values: bool = True) -> list[Contradiction]:
    """What in a text about a field, or about all of it ("overall"), the figures do not bear out.

    Without `values` only counts, ids and titles are looked at: a reason may say what a contributor answered.
    """
    plain = re.sub(r"[*_\u2068\u2069]", " ", text)
    found = []
    for sentence in sentences(plain):
        for start, said, right in _claims(sentence.text, facts, part, values):
            line = plain.count("\n", 0, sentence.start + start) + 1
            found.append(Contradiction(line, " ".join(said.split()), right))
    return found


def _claims(sentence: str, facts: Facts, part: str, values: bool) -> Iterator[tuple[int, str, str]]:
    """Every claim of one sentence that is not so: its place, its words, what is so."""
    tokens = named(sentence, facts.questionnaire)
    yield from _unknown(sentence, facts, tokens)
    yield from _wrong_titles(sentence, facts, tokens)
    yield from _wrong_counts(sentence, facts, part, tokens)
    if values and not SUPPOSED.search(sentence):
        yield from _wrong_values(sentence, facts, tokens)
        yield from _wrong_levels(sentence, facts, part, tokens)
        yield from _wrong_means(sentence, facts, part, tokens)


@cache
def _level_sentences() -> Mapping[str, Level]:
    return {
        catalogue(code).t(sentence): level for code in LANGUAGES for level, sentence in words.LEVEL_SENTENCE.items()
    }  # fmt: skip


def _unknown(sentence: str, facts: Facts, tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    fields = {f.id for f in facts.questionnaire.fields}
    for token in tokens:
        for one in token.ids:
            if is_field(one) and one not in fields:
                yield token.start, sentence[token.start : token.end], f"there is no field {one}"
            elif not is_field(one) and facts.figures(one) is None:
                yield token.start, sentence[token.start : token.end], f"there is no criterion or question {one}"


def _wrong_titles(sentence: str, facts: Facts, tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    """Titles beside an id of something else, and titles that no field has."""
    known = title_ids(facts.questionnaire)
    proper = set(known.values())
    for title in (token for token in tokens if token.by_title):
        its = title.ids[0]
        for token in beside(sentence, tokens, title):
            for one in token.ids:
                if not _under(facts.questionnaire, one, its) and (one in proper or facts.figures(one)):
                    right = f"{one} is not part of “{sentence[title.start : title.end]}” ({its})"
                    yield token.start, f"{one} … {sentence[title.start : title.end]}", right
    for pattern in (TITLED, HEADED):
        for found in pattern.finditer(sentence):
            number, called = (group for group in found.groups() if group) if pattern is HEADED else found.groups()
            called = key(called)
            its_own = known.get(called)
            if number is None and (its_own is None or not is_field(its_own)):
                yield found.start(), found[0], f"no field is called “{called}”"
            elif number is not None and number in proper and its_own != number:
                yield found.start(), found[0], f"field {number} is called “{_german(facts, number)}”"


def _german(facts: Facts, one: str) -> str:
    return next(f.title for f in facts.questionnaire.fields if f.id == one)


def _under(questionnaire: Questionnaire, one: str, title: str) -> bool:
    """Whether an id is what a title names, or a question of it."""
    criterion = questionnaire.criterion_of.get(one)
    if one == title:
        return True
    if is_field(title):
        return one.startswith(f"{title}.")
    return criterion is not None and criterion.id == title


def _wrong_counts(sentence: str, facts: Facts, part: str, tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    scopes = _scopes(sentence, facts, part, tokens)
    if part == OVERALL and OVERALL not in scopes:
        scopes = [*scopes, OVERALL]
    for found in OF.finditer(sentence):
        noun = (found[3] or "").lower()
        if not noun and ("/" in found[0] or not BARE.match(sentence, found.end())):
            continue
        given = int(found[1]), int(found[2])
        if "feld" in noun or "field" in noun:
            right = [(set(range(given[1] + 1)), len(facts.questionnaire.fields))]
        else:
            count = _of_criteria if noun.startswith("krit") or noun.startswith("crit") else _of_questions
            right = [count(sentence, facts, scope) for scope in scopes]
        if not any(given[0] in fit and given[1] == asked for fit, asked in right):
            said = " or ".join(_coverage(facts, scope, noun) for scope in scopes)
            yield found.start(), found[0], f"must be {said}"
    for found in ALL.finditer(sentence):
        size: Callable[[str], int] = (
            (lambda scope: len(facts.criteria(scope))) if found[2].lower().startswith(("krit", "crit"))
            else (lambda scope: len(facts.questions(scope)))
        )  # fmt: skip
        sizes = {size(scope) for scope in (*scopes, OVERALL)}
        if int(found[1]) not in sizes:
            yield found.start(), found[0], f"must be {' or '.join(str(n) for n in sorted(sizes))}"


def _scopes(sentence: str, facts: Facts, part: str, tokens: Sequence[Token]) -> list[str]:
    """What a count speaks of: the fields or criteria named in the sentence, all of it, or else the text's own field."""
    ids = [one for token in tokens for one in token.ids]
    fields = [one for one in ids if is_field(one) and any(f.id == one for f in facts.questionnaire.fields)]
    criteria = [one for one in ids if one in facts.questionnaire.criteria]
    found = [*fields, *([OVERALL] if TOGETHER.search(sentence) else []), *([] if fields else [part])]
    return list(dict.fromkeys([*found, *criteria]))


def _of_questions(sentence: str, facts: Facts, scope: str) -> tuple[set[int], int]:
    """Which numbers of questions fit what a sentence says, and of how many."""
    questions = facts.questions(scope)
    answered = sum(q.gap is None for q in questions)
    fits = {answered, *([len(questions) - answered] if NEGATED.search(sentence) else [])}
    return fits | _with_values(sentence, questions), len(questions)


def _of_criteria(sentence: str, facts: Facts, scope: str) -> tuple[set[int], int]:
    criteria = [facts.evaluation.criteria[scope]] if scope in facts.questionnaire.criteria else facts.criteria(scope)
    rated = [c for c in criteria if c.mark is not None]
    negative = sum(c.negative for c in rated)
    return {len(rated), len(criteria) - len(rated), negative, len(rated) - negative,
            *_with_values(sentence, criteria)}, len(criteria)  # fmt: skip


def _with_values(sentence: str, figures: Sequence[Figures]) -> set[int]:
    """How many have each value that the sentence names, and how many have any of them."""
    meaning, quoted = vocabulary()
    named = {meaning[" ".join(found[1].lower().split())] for found in quoted.finditer(sentence)}
    each = [sum(_has(f, value) for f in figures) for value in named if not isinstance(value, Level)]
    return {*each, sum(each)} if each else set()


def _coverage(facts: Facts, scope: str, noun: str) -> str:
    if "feld" in noun or "field" in noun:
        return f"of {len(facts.questionnaire.fields)}"
    if noun.startswith(("krit", "crit")):
        criteria = facts.criteria(scope)
        return f"{sum(c.mark is not None for c in criteria)} von {len(criteria)}"
    questions = facts.questions(scope)
    return f"{sum(q.gap is None for q in questions)} von {len(questions)}"


def _wrong_values(sentence: str, facts: Facts, tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    for value, its in bound(sentence, tokens, lambda v: not isinstance(v, Level)):
        for token in its:
            if token.by_title and (not JUDGED.search(sentence) or explained(sentence, token)):
                continue
            for one in token.ids:
                figures = facts.figures(one)
                if figures is not None and value.value is not None and not _has(figures, value.value):
                    said = sentence[value.start : value.end]
                    yield token.start, f"{one} … {said}", f"{one} has “{_value(figures)}”"


def _wrong_levels(sentence: str, facts: Facts, part: str, tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    whole = " ".join(sentence.split())
    for told, level in _level_sentences().items():
        if whole == told and facts.standing(part).level is not level:
            yield len(sentence) - len(sentence.lstrip()), told, f"the level is “{_level(facts, part)}”"
    for value, its in bound(sentence, tokens, lambda v: isinstance(v, Level)):
        fields = [one for token in its for one in token.ids if is_field(one)]
        if not fields and not LEVELLED.search(sentence):
            continue
        overall = part == OVERALL and facts.standing(OVERALL).level is value.value
        if overall and TOGETHER.search(sentence):
            continue
        for one in fields or [part]:
            if facts.standing(one).level is not value.value:
                name = "overall" if one == OVERALL else f"field {one}"
                right = f"the level of {name} is “{_level(facts, one)}”" + (TOGETHER_HINT if overall else "")
                yield value.start, sentence[value.start : value.end], right


def _wrong_means(sentence: str, facts: Facts, part: str, tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    scopes = _scopes(sentence, facts, part, tokens)
    for found in MEAN.finditer(sentence):
        given, digits = Fraction(f"{found[1]}.{found[2]}"), len(found[2])
        right = {mean for scope in scopes for mean in _means(facts, scope)}
        if given not in {_rounded(mean, digits) for mean in right}:
            shown = " or ".join(f"{float(_rounded(mean, 2)):.2f}" for mean in sorted(right)) or "none"
            overall = part == OVERALL and given in {_rounded(mean, digits) for mean in _means(facts, OVERALL)}
            yield found.start(), found[0], f"must be {shown}" + (TOGETHER_HINT if overall else "")


def _means(facts: Facts, scope: str) -> list[Fraction]:
    if scope in facts.questionnaire.criteria:
        mean = facts.evaluation.criteria[scope].mean
        return [] if mean is None else [mean]
    standing = facts.standing(scope)
    return [mean for mean in (standing.mean, standing.raw) if mean is not None]


def _rounded(mean: Fraction, digits: int) -> Fraction:
    return Fraction(int(mean * 10**digits + Fraction(1, 2)), 10**digits)


def _has(figures: Figures, value: Value) -> bool:
    if value == UNRATED:
        return figures.mark is None
    if value in (Rating.CANNOT_SAY, Gap.SKIPPED):
        return figures.gap == value
    return figures.mark == value


def _value(figures: Figures) -> str:
    german = catalogue("de")
    return words.marked(german, figures) if figures.gap is None else german.t(words.VALUE[figures.gap])


def _level(facts: Facts, part: str) -> str:
    return words.levelled(catalogue("de"), facts.standing(part).level)
