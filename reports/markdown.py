"""The small Markdown of edited texts: paragraphs, lists, headings and **bold**, read into values. Pure.

Everything else is text as it stands, so whatever somebody writes can be shown and nothing of it is markup. A renderer
turns the values into its own form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reports import words


class Form(StrEnum):
    """What a block of text is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLETS = "bullets"
    NUMBERED = "numbered"


@dataclass(frozen=True)
class Run:
    """A piece of text in one weight."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph or heading of one line, or a list with one line per item."""

    form: Form
    lines: tuple[tuple[Run, ...], ...]


BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*")
BULLET = re.compile(r"[-*+]\s+(.*)")
DASH = re.compile(r"[-–•]\s+(.*)")
LINES = re.compile(r"\r\n|\r|\n")
NUMBER = re.compile(r"\d{1,3}[.)]\s+(.*)")


def blocks(text: str) -> tuple[Block, ...]:
    """A text as blocks, in its order. A line of its own that begins neither list nor heading goes on what is before."""
    found: list[tuple[Form, list[str]]] = []
    open_to_more = False
    for line in words.clean(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n"):
        stripped = line.strip()
        if not stripped:
            open_to_more = False
            continue
        form, rest = _form(stripped)
        if form is Form.PARAGRAPH and open_to_more:
            found[-1][1][-1] += f" {rest}"
        elif form in (Form.BULLETS, Form.NUMBERED) and found and found[-1][0] is form:
            found[-1][1].append(rest)
        else:
            found.append((form, [rest]))
        open_to_more = form is not Form.HEADING
    return tuple(Block(form, tuple(tuple(_runs(line)) for line in lines)) for form, lines in found)


def told(text: str) -> tuple[Block, ...]:
    """A text of people who were not asked for Markdown: bold words and lists with a dash, and each line by itself.

    A number stays what it is: "16. Mai" begins no list.
    """
    found: list[tuple[Form, list[str]]] = []
    for line in filter(None, (line.strip() for line in LINES.split(words.clean(text)))):
        item = DASH.fullmatch(line)
        if item is None:
            found.append((Form.PARAGRAPH, [line]))
        elif found and found[-1][0] is Form.BULLETS:
            found[-1][1].append(item[1])
        else:
            found.append((Form.BULLETS, [item[1]]))
    return tuple(Block(form, tuple(tuple(_runs(line)) for line in lines)) for form, lines in found)


def _form(line: str) -> tuple[Form, str]:
    for form, pattern in ((Form.HEADING, HEADING), (Form.BULLETS, BULLET), (Form.NUMBERED, NUMBER)):
        if (found := pattern.fullmatch(line)) and found[1]:
            return form, found[1]
    return Form.PARAGRAPH, line


def _runs(line: str) -> Iterator[Run]:
    end = 0
    for found in BOLD.finditer(line):
        if found.start() > end:
            yield Run(line[end : found.start()])
        yield Run(found[1], bold=True)
        end = found.end()
    if end < len(line):
        yield Run(line[end:])
