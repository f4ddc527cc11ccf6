"""What people type: cleaned, told apart from commands, and understood where it is a word of the scale or a way on."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from bot.view import BACK, FINISH, RATINGS, SKIP
from conversations.conversation import Meaning
from conversations.questionnaire import Rating
from locales import LanguageError, catalogue, languages


def command(text: str) -> tuple[str, str] | None:
    """Command and argument of a message like "/start@bot ABCD"; None where it is none."""
    if not text.startswith("/"):
        return None
    head, *rest = text[1:].split(maxsplit=1) or [""]
    return head.partition("@")[0].lower(), "".join(rest).strip()


_UNWANTED = dict.fromkeys([*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A),
                           0x200E, 0x200F, 0x061C, 0xFEFF], None)  # fmt: skip
del _UNWANTED[0x0A]


def cleaned(text: str) -> str:
    """A text without control characters, direction overrides and lone surrogates; line ends stay."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\r\n", "\n").replace("\t", " ").translate(_UNWANTED).strip()


SYMBOLS = {
    "✓": Rating.YES, "✔": Rating.YES, "(✓)": Rating.RATHER_YES, "(✔)": Rating.RATHER_YES,
    "(✘)": Rating.RATHER_NO, "(✗)": Rating.RATHER_NO, "✘": Rating.NO, "✗": Rating.NO,
    "–": Rating.CANNOT_SAY, "-": Rating.CANNOT_SAY, "—": Rating.CANNOT_SAY,
}  # fmt: skip
_MEANINGS = {Meaning.SKIP: SKIP, Meaning.FINISH: FINISH, Meaning.BACK: BACK}


def folded(text: str) -> str:
    """A typed word without case, accents, punctuation and spaces, however a keyboard writes its letters.

    Spaces say nothing: where Persian writes a joiner people type a space or nothing.
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_KEYBOARDS)
    return "".join(character for character in plain if unicodedata.category(character)[0] in "LN")


_KEYBOARDS = str.maketrans("يىكةı", "ییکهi")  # Persian typed on an Arabic keyboard, Turkish on any other


@cache
def typed_words() -> Mapping[str, Rating | Meaning]:
    """Every word that is understood, folded; with them all catalogues are read.

    Raises LanguageError where one is broken, or where two languages mean different things by one word.
    """
    found: dict[str, Rating | Meaning] = {}
    for code in languages():
        words = catalogue(code)
        labels: list[tuple[Rating | Meaning, str]] = [*RATINGS.items(), *_MEANINGS.items()]
        for meaning, label in labels:
            word = folded(words.t(label))
            if found.setdefault(word, meaning) != meaning:
                raise LanguageError(f"{code}: {word!r} means {meaning}, and {found[word]} in another language")
    return found


def meaning(text: str) -> Rating | Meaning | None:
    """What a typed text says: a label or symbol of the scale, 1 to 5 in any script's digits, or a way on."""
    bare = text.strip().replace("\ufe0f", "")  # telephones type ✔ in the shape of an emoji
    if bare in SYMBOLS:
        return SYMBOLS[bare]
    word = folded(bare)
    if len(word) == 1 and (digit := unicodedata.digit(word, None)) is not None:
        return list(Rating)[digit - 1] if 1 <= digit <= len(Rating) else None
    return typed_words().get(word)
