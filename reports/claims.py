"""What a written text says of the figures, and which of it is not so: names the line and the right value.

A text is searched sentence by sentence, in German and English, for five things and no others:

    counts    "12 von 14 Fragen", "93 of 105", "30 von 34 Kriterien", "alle 105 Fragen"
    ids       2.5.3 anywhere; 2.5 after "Kriterium" or "Frage", or in brackets behind a title; "Handlungsfeld 5"
    titles    Monitoring (1.4) · 1.4.2 und 1.4.3 (Monitoring) · Handlungsfeld 5 „Titel“ · Handlungsfeld „Titel“
    values    „eher nein“ in quotation marks, or "nicht bearbeitet": of the ids named before it, or after its colon
    levels    Stufe „auf dem Weg“ and "Mittelwert 1,75": of the field named in the sentence, else of the text's own

A sentence that says what would be ("hieße", "wäre", "would") claims no value and no level. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from conversations.questionnaire import Questionnaire, Rating
from locales import LanguageError, catalogue
from reports import words
from reports.evaluation import Evaluation, Figures, Gap, Level, Standing

OVERALL = "overall"
LANGUAGES = ("de", "en")  # those in which a statement's texts are kept

OPENING, CLOSING = "„“”\"‚‘’'«»‹›\u2068", "“”\"‘’'«»‹›\u2069"
ID = r"\d{1,2}\.\d{1,2}(?:\.\d{1,2})?"
AND = r"(?:\s*(?:,|;|–|-)\s*|\s+(?:und|sowie|bis|and|to)\s+|\s*,\s+(?:und|and)\s+)"
THREE = re.compile(r"(?<![\w.,])\d{1,2}\.\d{1,2}\.\d{1,2}(?!\w|\.\d)")
LISTED = re.compile(
    rf"\b(?:kriteri(?:um|ums|en)|criteri(?:on|a)|fragen?|questions?)\s+({ID}(?:{AND}{ID})*)(?!\w|\.\d)", re.I
)
IN_BRACKETS = re.compile(rf"\(({ID}(?:{AND}{ID})*)\)")
RANGE = re.compile(rf"({ID})\s*(?:–|-|\bbis\b|\bto\b)\s*({ID})(?!\w|\.\d)")
DATE = re.compile(r"\b(?:am|vom|seit|zum|ab|dem|den|on|since)\s+$", re.I)
FIELDS = re.compile(
    rf"\b(?:handlungsfeld(?:er|ern|s|es)?|feld(?:er|ern|s|es)?|fields?(?: of action)?)\s+"
    rf"(\d{{1,2}}(?:{AND}\d{{1,2}})*)(?![.,]?\d|\.\d)", re.I)  # fmt: skip
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
LEVELLED = re.compile(r"\b(?:stufen?|reifegrad\w*|levels?)\b", re.I)
JUDGED = re.compile(r"\b(?:bewert\w*|beantwort\w*|eingeschätzt|rated|marked|answered|judged)\b", re.I)
UNANSWERED = re.compile(r"\bnicht\s+(?:bearbeitet|beantwortet|bewertet)\b|\bnot\s+(?:answered|covered|rated)\b", re.I)
BREAK = re.compile(r"[.!?](?=\s+[^\W\d_a-zäöüß]|\s*$|\s*\n)|\n(?=\s*\n|\s*(?:[-*#>]|\d+\.)\s)|$")

Value = Rating | str | Level
UNRATED = "unrated"
"""What "nicht bearbeitet" says of a question: no rating, for whatever reason."""


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


@dataclass(frozen=True)
class _Sentence:
    """A sentence of a text whose marks of emphasis are blanks, and where it begins."""

    text: str
    start: int


@dataclass(frozen=True)
class _Token:
    """Something named in a sentence: ids, or a value."""

    start: int
    end: int
    ids: tuple[str, ...] = ()
    value: Value | None = None
    by_title: bool = False


def contradictions(text: str, facts: Facts, part: str, *, values: bool = True) -> list[Contradiction]:
    """What in a text about a field, or about all of it ("overall"), the figures do not bear out.

    Without `values` only counts, ids and titles are looked at: a reason may say what a contributor answered.
    """
    plain = re.sub(r"[*_\u2068\u2069]", " ", text)
    found = []
    for sentence in _sentences(plain):
        for start, said, right in _claims(sentence.text, facts, part, values):
            line = plain.count("\n", 0, sentence.start + start) + 1
            found.append(Contradiction(line, " ".join(said.split()), right))
    return found


def _sentences(text: str) -> Iterator[_Sentence]:
    start = 0
    for found in BREAK.finditer(text):
        if text[start : found.end()].strip():
            yield _Sentence(text[start : found.end()], start)
        start = found.end()


def _claims(sentence: str, facts: Facts, part: str, values: bool) -> Iterator[tuple[int, str, str]]:
    """Every claim of one sentence that is not so: its place, its words, what is so."""
    tokens = _named(sentence, facts)
    yield from _unknown(sentence, facts, tokens)
    yield from _wrong_titles(sentence, facts, tokens)
    yield from _wrong_counts(sentence, facts, part, tokens)
    if values and not SUPPOSED.search(sentence):
        yield from _wrong_values(sentence, facts, tokens)
        yield from _wrong_levels(sentence, facts, part, tokens)
        yield from _wrong_means(sentence, facts, part, tokens)


# ---- what is named ----------------------------------------------------------------------------------------------


@cache
def _titles(questionnaire: Questionnaire) -> Mapping[str, str]:
    """The titles of fields and criteria in every language, the longest first, with their ids."""
    found: dict[str, str] = {}
    for code in LANGUAGES:
        try:
            for one in (*(f.id for f in questionnaire.fields), *questionnaire.criteria):
                found.setdefault(words.title(catalogue(code), questionnaire, one), one)
        except LanguageError:
            continue
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


@cache
def _title_pattern(questionnaire: Questionnaire) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(_spaced(title) for title in _titles(questionnaire))})(?!\w)")


@cache
def _vocabulary() -> tuple[Mapping[str, Value], re.Pattern[str]]:
    """The words of values and levels in every language, and how they stand in quotation marks."""
    found: dict[str, Value] = {}
    for code in LANGUAGES:
        t = catalogue(code).t
        found |= {t(word).lower(): rating for rating, word in words.MARK.items()}
        found |= {t(word).lower(): level for level, word in words.LEVEL.items()}
        found[t(words.VALUE[Gap.SKIPPED]).lower()] = Gap.SKIPPED.value
    every = "|".join(_spaced(word) for word in sorted(found, key=lambda word: -len(word)))
    return found, re.compile(rf"[{OPENING}]\s*({every})\s*[{CLOSING}]", re.I)


@cache
def _level_sentences() -> Mapping[str, Level]:
    return {
        catalogue(code).t(sentence): level for code in LANGUAGES for level, sentence in words.LEVEL_SENTENCE.items()
    }  # fmt: skip


def _spaced(title: str) -> str:
    """A pattern for a title that may be broken over lines; what emphasis takes out of it ("*innen") is a blank."""
    return r"\s+".join(re.escape(word) for word in re.sub(r"[*_]", " ", title).split())


def _key(title: str) -> str:
    return " ".join(re.sub(r"[*_]", " ", title).split())


def _title_ids(questionnaire: Questionnaire) -> Mapping[str, str]:
    return {_key(title): one for title, one in _titles(questionnaire).items()}


def _named(sentence: str, facts: Facts) -> list[_Token]:
    """Ids, titles that stand without an id, and values, in the order of the sentence."""
    spans: dict[tuple[int, int], tuple[str, ...]] = {}
    titles = list(_title_pattern(facts.questionnaire).finditer(sentence))
    behind = {title.end() for title in titles}
    for pattern in (LISTED, IN_BRACKETS):
        for found in pattern.finditer(sentence):
            sure = pattern is LISTED or len(sentence[: found.start()].rstrip()) in behind
            for one in re.finditer(ID, found[1]):
                start = found.start(1) + one.start()
                if sure or facts.figures(one[0]) is not None:  # else it may be a mean
                    spans[start, start + len(one[0])] = (one[0],)
    for found in THREE.finditer(sentence):
        if facts.figures(found[0]) is not None or not DATE.search(sentence[: found.start()]):
            spans[found.span()] = (found[0],)
    for found in RANGE.finditer(sentence):
        if found.span(1) in spans and found.span(2) in spans:
            spans[found.span(1)] = _between(found[1], found[2])
    tokens = [_Token(start, end, ids) for (start, end), ids in spans.items()]
    for found in FIELDS.finditer(sentence):
        tokens.append(_Token(found.start(1), found.end(1), tuple(re.findall(r"\d+", found[1]))))
    known = _title_ids(facts.questionnaire)
    for found in titles:
        tokens.append(_Token(*found.span(), (known[_key(found[0])],), by_title=True))
    meaning, quoted = _vocabulary()
    for found in quoted.finditer(sentence):
        tokens.append(_Token(*found.span(), value=meaning[" ".join(found[1].lower().split())]))
    for found in UNANSWERED.finditer(sentence):
        tokens.append(_Token(*found.span(), value=UNRATED))
    return sorted(tokens, key=lambda token: (token.start, token.end))


def _between(first: str, last: str) -> tuple[str, ...]:
    """The ids from the first to the one before the last, where both are of one criterion."""
    head, _, low = first.rpartition(".")
    other, _, high = last.rpartition(".")
    if head != other or int(low) >= int(high):
        return (first,)
    return tuple(f"{head}.{n}" for n in range(int(low), int(high)))


def _is_field(one: str) -> bool:
    return "." not in one


# ---- what is wrong with it --------------------------------------------------------------------------------------


def _unknown(sentence: str, facts: Facts, tokens: Sequence[_Token]) -> Iterator[tuple[int, str, str]]:
    fields = {f.id for f in facts.questionnaire.fields}
    for token in tokens:
        for one in token.ids:
            if _is_field(one) and one not in fields:
                yield token.start, sentence[token.start : token.end], f"there is no field {one}"
            elif not _is_field(one) and facts.figures(one) is None:
                yield token.start, sentence[token.start : token.end], f"there is no criterion or question {one}"


def _wrong_titles(sentence: str, facts: Facts, tokens: Sequence[_Token]) -> Iterator[tuple[int, str, str]]:
    """Titles beside an id of something else, and titles that no field has."""
    known = _title_ids(facts.questionnaire)
    proper = set(known.values())
    for title in (token for token in tokens if token.by_title):
        its = title.ids[0]
        for token in _beside(sentence, tokens, title):
            for one in token.ids:
                if not _under(facts.questionnaire, one, its) and (one in proper or facts.figures(one)):
                    right = f"{one} is not part of “{sentence[title.start : title.end]}” ({its})"
                    yield token.start, f"{one} … {sentence[title.start : title.end]}", right
    for pattern in (TITLED, HEADED):
        for found in pattern.finditer(sentence):
            number, called = (group for group in found.groups() if group) if pattern is HEADED else found.groups()
            called = _key(called)
            its_own = known.get(called)
            if number is None and (its_own is None or not _is_field(its_own)):
                yield found.start(), found[0], f"no field is called “{called}”"
            elif number is not None and number in proper and its_own != number:
                yield found.start(), found[0], f"field {number} is called “{_german(facts, number)}”"


def _german(facts: Facts, one: str) -> str:
    return next(f.title for f in facts.questionnaire.fields if f.id == one)


def _beside(sentence: str, tokens: Sequence[_Token], title: _Token) -> Iterator[_Token]:
    """The ids a title belongs to: in brackets behind it, or listed before it where it stands in brackets itself."""
    behind = [t for t in tokens if t.start > title.end and not t.by_title and t.value is None]
    after = IN_BRACKETS.match(sentence, title.end + len(sentence[title.end :]) - len(sentence[title.end :].lstrip()))
    if after:
        yield from (t for t in behind if t.end <= after.end())
        return
    before = sentence[: title.start].rstrip()
    if not (before.endswith("(") and sentence[title.end :].lstrip().startswith(")")):
        return
    end = len(before) - 1
    for token in reversed([t for t in tokens if t.end <= end and not t.by_title and t.value is None]):
        if not re.fullmatch(rf"{AND}|\s*", sentence[token.end : end]):
            return
        yield token
        end = token.start


def _under(questionnaire: Questionnaire, one: str, title: str) -> bool:
    """Whether an id is what a title names, or a question of it."""
    criterion = questionnaire.criterion_of.get(one)
    if one == title:
        return True
    if _is_field(title):
        return one.startswith(f"{title}.")
    return criterion is not None and criterion.id == title


def _wrong_counts(sentence: str, facts: Facts, part: str, tokens: Sequence[_Token]) -> Iterator[tuple[int, str, str]]:
    scopes = _scopes(sentence, facts, part, tokens)
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


def _scopes(sentence: str, facts: Facts, part: str, tokens: Sequence[_Token]) -> list[str]:
    """What a count speaks of: the fields or criteria named in the sentence, all of it, or else the text's own field."""
    ids = [one for token in tokens for one in token.ids]
    fields = [one for one in ids if _is_field(one) and any(f.id == one for f in facts.questionnaire.fields)]
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
    meaning, quoted = _vocabulary()
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


def _wrong_values(sentence: str, facts: Facts, tokens: Sequence[_Token]) -> Iterator[tuple[int, str, str]]:
    for value, bound in _bound(sentence, tokens, lambda v: not isinstance(v, Level)):
        for token in bound:
            if token.by_title and (not JUDGED.search(sentence) or _explains(sentence, token)):
                continue
            for one in token.ids:
                figures = facts.figures(one)
                if figures is not None and value.value is not None and not _has(figures, value.value):
                    said = sentence[value.start : value.end]
                    yield token.start, f"{one} … {said}", f"{one} has “{_value(figures)}”"


def _explains(sentence: str, title: _Token) -> bool:
    """Whether a title only says what the ids beside it belong to."""
    before, after = sentence[: title.start].rstrip(), sentence[title.end :].lstrip()
    return before.endswith("(") or bool(IN_BRACKETS.match(after))


def _wrong_levels(sentence: str, facts: Facts, part: str, tokens: Sequence[_Token]) -> Iterator[tuple[int, str, str]]:
    whole = " ".join(sentence.split())
    for told, level in _level_sentences().items():
        if whole == told and facts.standing(part).level is not level:
            yield len(sentence) - len(sentence.lstrip()), told, f"the level is “{_level(facts, part)}”"
    for value, bound in _bound(sentence, tokens, lambda v: isinstance(v, Level)):
        fields = [one for token in bound for one in token.ids if _is_field(one)]
        if not fields and not LEVELLED.search(sentence):
            continue
        for one in fields or [part]:
            if facts.standing(one).level is not value.value:
                name = "overall" if one == OVERALL else f"field {one}"
                yield value.start, sentence[value.start : value.end], f"the level of {name} is “{_level(facts, one)}”"


def _wrong_means(sentence: str, facts: Facts, part: str, tokens: Sequence[_Token]) -> Iterator[tuple[int, str, str]]:
    scopes = _scopes(sentence, facts, part, tokens)
    for found in MEAN.finditer(sentence):
        given, digits = Fraction(f"{found[1]}.{found[2]}"), len(found[2])
        right = {mean for scope in scopes for mean in _means(facts, scope)}
        if given not in {_rounded(mean, digits) for mean in right}:
            shown = " or ".join(f"{float(_rounded(mean, 2)):.2f}" for mean in sorted(right)) or "none"
            yield found.start(), found[0], f"must be {shown}"


def _means(facts: Facts, scope: str) -> list[Fraction]:
    if scope in facts.questionnaire.criteria:
        mean = facts.evaluation.criteria[scope].mean
        return [] if mean is None else [mean]
    standing = facts.standing(scope)
    return [mean for mean in (standing.mean, standing.raw) if mean is not None]


def _rounded(mean: Fraction, digits: int) -> Fraction:
    return Fraction(int(mean * 10**digits + Fraction(1, 2)), 10**digits)


def _bound(
    sentence: str, tokens: Sequence[_Token], wanted: Callable[[Value], bool]
) -> Iterator[tuple[_Token, list[_Token]]]:
    """Each value with what it is said of: what follows where a colon does, else what was named since the last value."""
    waiting: list[_Token] = []
    given: _Token | None = None
    for token in tokens:
        if token.value is None:
            waiting.append(token)
            continue
        if given is not None and wanted(given.value or ""):
            yield given, waiting
        if re.match(r"[^.:;,„“]{0,40}:", sentence[token.end :]):
            given, waiting = token, []
            continue
        if given is None and wanted(token.value):
            yield token, waiting
        given, waiting = None, []
    if given is not None and wanted(given.value or ""):
        yield given, waiting


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
