"""Reads a text with its formatting as Telegram does: trimmed, tags turned into entities, measured in UTF-16 units."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from bot.standin.facts import Limit, units
from bot.standin.refusal import RefusedError

_BLANK = " \n\r\t"
_KINDS = {
    **{"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline"},
    **{"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre"},
    **{"a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler"},
}


@dataclass(frozen=True)
class Formatted:
    """A text and its entities, offsets and lengths in UTF-16 code units."""

    text: str
    entities: tuple[dict[str, Any], ...] = ()


def formatted(
    text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None, limit: Limit, what: str
) -> Formatted:
    """The text as it will be shown; raises RefusedError (400) when it is empty, too long or badly formatted.

    `what` names the thing in errors: "message" or "message caption".
    """
    marks: list[dict[str, Any]] = list(entities or [])
    if parse_mode and parse_mode.lower() == "html":
        text, marks = _read_html(text)
    elif parse_mode:
        raise RefusedError(400, f"Bad Request: the stand-in does not read parse_mode {parse_mode!r}, only HTML")
    if any(mark["offset"] < 0 or mark["offset"] + mark["length"] > units(text) for mark in marks):
        raise RefusedError(400, "Bad Request: entity is outside of the text")
    text = text.rstrip(_BLANK)
    cut = len(text) - len(text.lstrip(_BLANK))
    text = text[cut:]
    if limit.least and not text:
        raise RefusedError(400, f"Bad Request: {what} text is empty")
    if not limit.holds(text):
        raise RefusedError(400, f"Bad Request: {what} is too long")
    return Formatted(text, tuple(_moved(marks, cut, units(text))))


def commands_in(text: str) -> tuple[dict[str, Any], ...]:
    """The bot_command entity of a text that begins with one."""
    found = re.match(r"/\S+", text)
    return ({"type": "bot_command", "offset": 0, "length": units(found[0])},) if found else ()


def _moved(marks: list[dict[str, Any]], cut: int, end: int) -> list[dict[str, Any]]:
    moved = []
    for mark in marks:
        first = max(mark["offset"] - cut, 0)
        last = min(mark["offset"] + mark["length"] - cut, end)
        if last > first:
            moved.append(mark | {"offset": first, "length": last - first})
    return moved


def _read_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    if stray := re.search(r"<(?![a-z/])", text, re.I):
        where = len(text[: stray.start()].encode())
        raise RefusedError(400, f'Bad Request: can\'t parse entities: unsupported start tag "" at byte offset {where}')
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open:
        tag = reader.open[-1][0]
        raise RefusedError(400, f"Bad Request: can't parse entities: can't find end tag corresponding to \"{tag}\"")
    return "".join(reader.parts), sorted(reader.entities, key=lambda mark: (mark["offset"], -mark["length"]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.entities: list[dict[str, Any]] = []
        self.open: list[tuple[str, int, dict[str, str | None]]] = []
        self.length = 0

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        self.length += units(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _KINDS:
            raise RefusedError(400, f'Bad Request: can\'t parse entities: unsupported start tag "{tag}"')
        self.open.append((tag, self.length, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise RefusedError(400, f'Bad Request: can\'t parse entities: unexpected end tag "{tag}"')
        _, start, attributes = self.open.pop()
        mark: dict[str, Any] = {"type": _KINDS[tag], "offset": start, "length": self.length - start}
        if tag == "a":
            mark["url"] = attributes.get("href") or ""
        if tag == "blockquote" and "expandable" in attributes:
            mark["type"] = "expandable_blockquote"
        if mark["length"]:
            self.entities.append(mark)
