"""The forms of Telegram's updates: draws random ones, and ones in which every field is filled."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

Raw = dict[str, Any]
DEEPEST = 3  # levels below an update at which optional fields still come


@dataclass(frozen=True)
class Field:
    """One field of a type: what it holds, in how many lists, and whether it is always there."""

    name: str
    type: str
    lists: int
    required: bool


@dataclass(frozen=True)
class Forms:
    """The fields of every type, and which types may stand for another."""

    fields: Mapping[str, tuple[Field, ...]]
    instead: Mapping[str, tuple[str, ...]]

    def kinds(self) -> list[Field]:
        """What an update can hold."""
        return [f for f in self.fields["Update"] if f.name != "update_id"]


@cache
def forms() -> Forms:
    """The forms, read from the list beside this module."""
    lines = [x for x in Path(__file__).with_name("forms.txt").read_text("utf-8").splitlines() if x[:1] != "#"]
    whole = textwrap.dedent("\n".join(lines)).replace("\n  ", " ").splitlines()
    fields, instead = {}, {}
    for line in whole:
        name, _, rest = line.partition(": ") if ":" in line.partition(" ")[0] else line.partition(" = ")
        if " = " in line:
            instead[name] = tuple(rest.split())
        else:
            fields[name.rstrip(":")] = tuple(_field(one) for one in rest.split())
    return Forms(fields, instead)


def _field(text: str) -> Field:
    name, _, kind = text.partition(":")
    return Field(name.rstrip("!"), kind.lstrip("["), kind.count("["), name.endswith("!"))


class Drawn:
    """Random values of Telegram's form. Persons and chats are drawn from those given, texts and numbers likewise."""

    def __init__(self, dice: Random, person: Callable[[], Raw], chat: Callable[[], Raw], texts: Sequence[str]) -> None:
        """`person` and `chat` draw a User and a Chat."""
        self.dice, self.person, self.chat, self.texts = dice, person, chat, texts
        every = forms()
        self.instead = every.instead
        self.required = {t: [f for f in fields if f.required] for t, fields in every.fields.items()}
        self.optional = {t: [f for f in fields if not f.required] for t, fields in every.fields.items()}

    def thing(self, kind: str, level: int = 1) -> Any:
        """A value of a type; ever fewer optional fields the deeper it lies."""
        dice = self.dice
        match kind:
            case "s":
                return dice.choice(self.texts)
            case "i":
                return dice.randrange(1, 1 << dice.choice((4, 16, 31)))
            case "b":
                return dice.random() < 0.5
            case "t":
                return True
            case "f":
                return dice.uniform(-180, 180)
            case "x":
                return {"type": dice.choice(self.texts), "text": [dice.choice(self.texts), {"text": ""}]}
            case "User":
                return self.person()
            case "Chat":
                return self.chat()
        if kind in self.instead:
            return self.thing(dice.choice(self.instead[kind]), level)
        fields = self.required[kind]
        if level <= DEEPEST and (optional := self.optional[kind]):
            fields = [*fields, *dice.sample(optional, min(len(optional), int(dice.expovariate(0.5))))]
        found = {}
        for field in fields:
            value = self.thing(field.type, level + 1)
            for _ in range(field.lists):
                value = [value] * dice.randrange(3)
            found[field.name] = value
        return found


def filled(kind: str, text: Callable[[str], str], number: Callable[[str], int], path: str = "", depth: int = 5) -> Any:
    """A value in which every field is filled down to a depth, with a text or number made for its path."""
    match kind:
        case "s" | "x":
            return text(path)
        case "i":
            return number(path)
        case "b" | "t":
            return True
        case "f":
            return number(path) / 1000
    if kind in forms().instead:
        return filled(forms().instead[kind][0], text, number, path, depth)
    found = {}
    for field in forms().fields[kind]:
        if depth > 1 or len(field.type) == 1:
            value = filled(field.type, text, number, f"{path}.{field.name}", depth - 1)
            for _ in range(field.lists):
                value = [value]
            found[field.name] = value
    return found
