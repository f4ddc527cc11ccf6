"""How questions are worded: the rules of METHOD §2 for German and for Einfache Sprache, and LIX per wording. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from conversations.questionnaire import Kind, Questionnaire, Voice


class Rules(NamedTuple):
    """How long a sentence (in words) and a word part (in letters) may be, and which words may be longer.

    Those of Einfache Sprache stand in locales/de@simple/glossary.md, too.
    """

    words: int
    part: int
    glossary: frozenset[str]


SENTENCES = 2
GERMAN = Rules(15, 14, frozenset({"einwanderungsgeschichte", "stadtverwaltung", "kreisverwaltung"}))
PLAIN = Rules(12, 11, frozenset({"einstellungen", "gewerkschaften", "mitentscheiden", "mittelwerten",
                                 "verantwortlich", "verschlüsselt"}))  # fmt: skip
HELP = 190  # characters that fit into a pop-up
PLAIN_READABLE = 35  # LIX of every voice, pooled like READABLE
READABLE = {Voice.ADMINISTRATION: 50, Voice.POLITICS: 50, Voice.SOCIETY: 40}  # LIX, pooled over a questionnaire
JARGON = ("monitoring", "steuerung", "gremi", "akteur", "ressort", "dezernat", "querschnitt", "interkulturell")
NEGATIONS = re.compile(r"\b(nicht|kein|keine|keinen|keinem|keiner|keines|nie|niemals|ohne)\b", re.IGNORECASE)
LONG = 6  # letters above which a word is long for LIX


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [s for s in re.split(r"(?<=[.!?:])\s+", text.strip()) if s]


def words(text: str) -> list[str]:
    """The words of a text, without punctuation."""
    return re.findall(r"[^\W\d_]+(?:[*:/-][^\W\d_]+)*", text)


def lix(texts: Iterable[str]) -> float:
    """LIX of all texts pooled: words per sentence plus the percentage of words of more than six letters."""
    every = [(words(t), len(sentences(t))) for t in texts]
    count = sum(len(w) for w, _ in every)
    if not count:
        return 0.0
    long = sum(len(re.sub(r"\W", "", one)) > LONG for w, _ in every for one in w)
    return count / sum(n for _, n in every) + 100 * long / count


def readability(questionnaire: Questionnaire, texts: Mapping[str, str] | None = None) -> dict[Voice, float]:
    """LIX of the questions of every wording, pooled; of town and district the harder one.

    `texts` holds them in another language, by the German.
    """
    said: Mapping[str, str] = texts or {}
    asked = {v: [q.text[v] for q in questionnaire.questions if v in q.text] for v in questionnaire.voices}
    return {
        voice: max(lix(said.get(variants[kind], variants[kind]) for variants in every) for kind in Kind)
        for voice, every in asked.items()
    }


def problems(questionnaire: Questionnaire) -> Iterator[str]:
    """Every break of the wording rules, one complaint each, naming the questionnaire and the question's id."""
    file = f"{questionnaire.name}.toml"
    for question in questionnaire.questions:
        for voice, variants in question.text.items():
            for kind in dict.fromkeys([Kind.CITY] if len(set(variants.values())) == 1 else Kind):
                for why in _text(variants[kind], question.rating, voice, GERMAN):
                    yield f"{file}: {question.id}: {voice}: {why}"
        for voice, variants in question.help.items():
            if question.rating and any(len(t) > HELP for t in variants.values()):
                yield f"{file}: {question.id}: {voice}: help is longer than {HELP} characters"
    if not questionnaire.fields:
        return
    for voice, found in readability(questionnaire).items():
        if found > READABLE[voice]:
            yield f"{file}: {voice}: LIX {found:.0f} is over {READABLE[voice]}"
    if questionnaire.institution:
        return
    for question in questionnaire.questions:
        if question.rating and Voice.SOCIETY in question.text and question.mirror is None:
            yield f"{file}: {question.id}: says not how society's question mirrors the administration's"


def plain_problems(questionnaire: Questionnaire, texts: Mapping[str, str]) -> Iterator[str]:
    """Every break of the rules for Einfache Sprache, naming the question's id.

    `texts` holds the wording in Einfache Sprache for every German text of the questionnaire. A help keeps the same
    rules as a question, but may be more than two sentences.
    """
    for question in questionnaire.questions:
        for voice, variants in question.text.items():
            for german in dict.fromkeys(variants.values()):
                for why in _text(texts[german], question.rating, voice, PLAIN):
                    yield f"{question.id}: {voice}: {why}"
        for voice, variants in question.help.items():
            for german in dict.fromkeys(variants.values()):
                for why in _lengths(texts[german], PLAIN):
                    yield f"{question.id}: {voice}: help: {why}"
                if question.rating and len(texts[german]) > HELP:
                    yield f"{question.id}: {voice}: help is longer than {HELP} characters"
    if not questionnaire.fields:
        return
    for voice, found in readability(questionnaire, texts).items():
        if found > PLAIN_READABLE:
            yield f"{voice}: LIX {found:.0f} is over {PLAIN_READABLE}"


def _lengths(text: str, rules: Rules) -> Iterator[str]:
    for sentence in sentences(text):
        if len(words(sentence)) > rules.words:
            yield f"a sentence of {len(words(sentence))} words instead of at most {rules.words}"
    for word in words(text):
        for part in re.split(r"[*:/-]", word):
            if len(part) > rules.part and part.lower() not in rules.glossary:
                yield f"{part!r} has more than {rules.part} letters"


def _text(text: str, rating: bool, voice: Voice, rules: Rules) -> Iterator[str]:
    found = sentences(text)
    if len(found) > SENTENCES:
        yield f"{len(found)} sentences instead of at most {SENTENCES}"
    yield from _lengths(text, rules)
    if rating and (negation := NEGATIONS.search(text)):
        yield f"{negation[0]!r} in a rating question"
    if rating and not text.endswith("?"):
        yield "is no question"
    if voice is Voice.SOCIETY:
        for stem in JARGON:
            if stem in text.lower():
                yield f"{stem!r} is jargon for residents"
