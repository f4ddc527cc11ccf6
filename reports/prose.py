"""Edited texts as values: paragraphs, lists, small headings, bold and italic, out of the Markdown people write. Pure.

Knows only what an Auswertung needs. All else (links, tables, HTML) stays the text it is, and so does an unmatched star.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

BULLET = re.compile(r"\s*[-*+•]\s+(.*)")
NUMBER = re.compile(r"\s*\d{1,3}[.)]\s+(.*)")
HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*?)\s*#*")
EMPHASIS = re.compile(  # a backslash first: the star behind it is one
    r"(\\[\\*_#+.)-])|\*\*(?=\S)(.+?)(?<=[^\s\\])\*\*|__(?=\S)(.+?)(?<=[^\s\\])__"
    r"|(?<![*\w])\*(?=[^\s*])([^*]+?)(?<=[^\s\\])\*(?![*\w])"
)
ESCAPED = re.compile(r"\\([\\*_#+.)-])")


class Kind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    NUMBER = "number"
    HEADING = "heading"


@dataclass(frozen=True)
class Piece:
    """A part of a line."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading, or one point of a list; `first`: it begins a list."""

    kind: Kind
    pieces: tuple[Piece, ...]
    first: bool = False


def prose(text: str) -> list[Block]:
    """The blocks of a text. Lines that follow each other are one paragraph, as in Markdown."""
    found: list[Block] = []
    kind, lines, apart = Kind.PARAGRAPH, list[str](), True

    def end() -> None:
        nonlocal lines
        if lines:
            listed = kind in (Kind.BULLET, Kind.NUMBER)
            first = listed and not (found and found[-1].kind is kind)
            found.append(Block(kind, tuple(_pieces(" ".join(lines))), first))
        lines = []

    for line in text.splitlines():
        if not line.strip():
            end()
            apart = True
            continue
        for pattern, each in ((HEADING, Kind.HEADING), (BULLET, Kind.BULLET), (NUMBER, Kind.NUMBER)):
            match = pattern.fullmatch(line)
            if match and match[1]:
                end()
                kind, lines = each, [match[1].strip()]
                break
        else:
            if apart or kind is Kind.HEADING:
                end()
                kind = Kind.PARAGRAPH
            lines.append(line.strip())
        apart = False
    end()
    return found


def _pieces(text: str) -> list[Piece]:
    found: list[Piece] = []
    at, plain = 0, ""
    for match in EMPHASIS.finditer(text):
        plain += text[at : match.start()]
        at = match.end()
        escaped, strong, also_strong, italic = match.groups()
        if escaped:
            plain += escaped[1]
            continue
        bold = strong or also_strong
        found += [Piece(plain)] if plain else []
        found.append(Piece(ESCAPED.sub(r"\1", bold or italic), bold=bool(bold), italic=not bold))
        plain = ""
    plain += text[at:]
    return [*found, Piece(plain)] if plain else found
