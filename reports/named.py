"""What a sentence of a written text names: ids, titles, values; and which of these belong together. Pure.

Knows the ways in which people write ids, titles and ratings down, in German and English; knows no figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from conversations.questionnaire import Questionnaire, Rating
from locales import LanguageError, catalogue
from reports import words
from reports.evaluation import Gap, Level

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
    rf"(\d{{1,2}}(?:{AND}\d{{1,2}}(?!\d|\s*(?:/|(?:von|of)\b)))*)(?![.,]?\d|\.\d)", re.I)  # fmt: skip
UNANSWERED = re.compile(r"\bnicht\s+(?:bearbeitet|beantwortet|bewertet)\b|\bnot\s+(?:answered|covered|rated)\b", re.I)
BREAK = re.compile(r"[.!?](?=\s+[^\W\d_a-zäöüß]|\s*$|\s*\n)|\n(?=\s*\n|\s*(?:[-*#>]|\d+\.)\s)|$")
Value = Rating | str | Level
UNRATED = "unrated"
"""What "nicht bearbeitet" says of a question: no rating, for whatever reason."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a text whose marks of emphasis are blanks, and where it begins."""

    text: str
    start: int


@dataclass(frozen=True)
class Token:
    """Something named in a sentence: ids, or a value."""

    start: int
    end: int
    ids: tuple[str, ...] = ()
    value: Value | None = None
    by_title: bool = False


def sentences(text: str) -> Iterator[Sentence]:
    """A text by its sentences; a heading and an item of a list is one of its own."""
    start = 0
    for found in BREAK.finditer(text):
        if text[start : found.end()].strip():
            yield Sentence(text[start : found.end()], start)
        start = found.end()


@lru_cache(maxsize=16)
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


@lru_cache(maxsize=16)
def _title_pattern(questionnaire: Questionnaire) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(_spaced(title) for title in _titles(questionnaire))})(?!\w)")


@cache
def vocabulary() -> tuple[Mapping[str, Value], re.Pattern[str]]:
    """The words of values and levels in every language, and how they stand in quotation marks."""
    found: dict[str, Value] = {}
    for code in LANGUAGES:
        t = catalogue(code).t
        found |= {t(word).lower(): rating for rating, word in words.MARK.items()}
        found |= {t(word).lower(): level for level, word in words.LEVEL.items()}
        found |= {t(word).lower(): Gap.SKIPPED.value for word in (words.VALUE[Gap.SKIPPED], "übersprungen")}
    every = "|".join(_spaced(word) for word in sorted(found, key=lambda word: -len(word)))
    return found, re.compile(rf"[{OPENING}]\s*({every})\s*[{CLOSING}]", re.I)


def _spaced(title: str) -> str:
    """A pattern for a title that may be broken over lines; what emphasis takes out of it ("*innen") is a blank."""
    return r"\s+".join(re.escape(word) for word in re.sub(r"[*_]", " ", title).split())


def key(title: str) -> str:
    """A title as it is looked up: in one line, without marks of emphasis."""
    return " ".join(re.sub(r"[*_]", " ", title).split())


@lru_cache(maxsize=16)
def title_ids(questionnaire: Questionnaire) -> Mapping[str, str]:
    """The ids of fields and criteria by title, in every language."""
    return {key(title): one for title, one in _titles(questionnaire).items()}


def named(sentence: str, questionnaire: Questionnaire) -> list[Token]:
    """Ids, titles that stand without an id, and values, in the order of the sentence."""
    spans: dict[tuple[int, int], tuple[str, ...]] = {}
    titles = list(_title_pattern(questionnaire).finditer(sentence))
    behind = {title.end() for title in titles}
    for pattern in (LISTED, IN_BRACKETS):
        for found in pattern.finditer(sentence):
            sure = pattern is LISTED or len(sentence[: found.start()].rstrip()) in behind
            for one in re.finditer(ID, found[1]):
                start = found.start(1) + one.start()
                if sure or known_id(questionnaire, one[0]):  # else it may be a mean
                    spans[start, start + len(one[0])] = (one[0],)
    for found in THREE.finditer(sentence):
        if known_id(questionnaire, found[0]) or not DATE.search(sentence[: found.start()]):
            spans[found.span()] = (found[0],)
    for found in RANGE.finditer(sentence):
        if found.span(1) in spans and found.span(2) in spans:
            spans[found.span(1)] = _between(found[1], found[2])
    tokens = [Token(start, end, ids) for (start, end), ids in spans.items()]
    for found in FIELDS.finditer(sentence):
        tokens.append(Token(found.start(1), found.end(1), tuple(re.findall(r"\d+", found[1]))))
    known = title_ids(questionnaire)
    for found in titles:
        tokens.append(Token(*found.span(), (known[key(found[0])],), by_title=True))
    meaning, quoted = vocabulary()
    for found in quoted.finditer(sentence):
        tokens.append(Token(*found.span(), value=meaning[" ".join(found[1].lower().split())]))
    for found in UNANSWERED.finditer(sentence):
        tokens.append(Token(*found.span(), value=UNRATED))
    return sorted(tokens, key=lambda token: (token.start, token.end))


def _between(first: str, last: str) -> tuple[str, ...]:
    """The ids from the first to the one before the last, where both are of one criterion."""
    head, _, low = first.rpartition(".")
    other, _, high = last.rpartition(".")
    if head != other or int(low) >= int(high):
        return (first,)
    return tuple(f"{head}.{n}" for n in range(int(low), int(high)))


def known_id(questionnaire: Questionnaire, one: str) -> bool:
    """Whether there is such a criterion or rating question."""
    return one in questionnaire.criteria or one in questionnaire.criterion_of


def is_field(one: str) -> bool:
    """Whether an id is a field's."""
    return "." not in one


def beside(sentence: str, tokens: Sequence[Token], title: Token) -> Iterator[Token]:
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


def explained(sentence: str, title: Token) -> bool:
    """Whether a title only says what the ids beside it belong to."""
    before, after = sentence[: title.start].rstrip(), sentence[title.end :].lstrip()
    return before.endswith("(") or bool(IN_BRACKETS.match(after))


def bound(
    sentence: str, tokens: Sequence[Token], wanted: Callable[[Value], bool]
) -> Iterator[tuple[Token, list[Token]]]:
    """Each value with what it is said of: what follows where a colon does, else what was named since the last value."""
    waiting: list[Token] = []
    given: Token | None = None
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
