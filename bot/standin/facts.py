"""Knows the Bot API's methods, parameters, types and limits, as far as the bot calls them.

The table `facts.json` holds facts only. It is made anew from a machine-readable Bot API (one JSON document with
"methods" and "types") by `python -m bot.standin.facts SOURCE.json`.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

METHODS = (
    *("getMe", "getUpdates", "getWebhookInfo", "deleteWebhook", "sendMessage", "editMessageText"),
    *("editMessageReplyMarkup", "answerCallbackQuery", "deleteMessage", "deleteMessages", "sendDocument"),
    *("setMyCommands", "deleteMyCommands", "setMyDescription", "setMyShortDescription", "setMyName"),
)
TYPES = (
    *("InlineKeyboardMarkup", "InlineKeyboardButton", "LinkPreviewOptions", "MessageEntity", "BotCommand"),
    *("BotCommandScope", "ReplyParameters"),
)


@dataclass(frozen=True)
class Limit:
    """How small and large a value may be, counted in `unit`: characters (UTF-16 units), bytes, items or value."""

    least: int
    most: int
    unit: str
    parsed: bool = False  # counted only after the entities were parsed out of the text

    def holds(self, value: Any) -> bool:
        """Whether the value is neither too small nor too large."""
        if self.unit == "characters":
            size = units(value)
        elif self.unit == "bytes":
            size = len(value.encode("utf-8", "surrogatepass"))
        else:
            size = value if self.unit == "value" else len(value)
        return self.least <= size <= self.most


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method or field of a type."""

    types: tuple[str, ...]
    required: bool = False
    limit: Limit | None = None
    constant: str | None = None


@dataclass(frozen=True)
class Facts:
    """The table: parameters of methods, fields of types, and the types that are one of several."""

    methods: Mapping[str, Mapping[str, Parameter]]
    types: Mapping[str, Mapping[str, Parameter]]
    unions: Mapping[str, tuple[str, ...]]

    def limit(self, owner: str, name: str) -> Limit:
        """The numeric limit of a parameter or field; KeyError when the table has none."""
        parameter = (self.methods.get(owner) or self.types[owner])[name]
        if parameter.limit is None:
            raise KeyError(f"{owner}.{name} has no limit")
        return parameter.limit


def units(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def load() -> Facts:
    """The committed table."""
    table = json.loads(files("bot.standin").joinpath("facts.json").read_text(encoding="utf-8"))
    return Facts(
        methods={name: _parameters(fields) for name, fields in table["methods"].items()},
        types={name: _parameters(fields) for name, fields in table["types"].items()},
        unions={name: tuple(parts) for name, parts in table["unions"].items()},
    )


def _parameters(fields: Mapping[str, Any]) -> dict[str, Parameter]:
    return {
        name: Parameter(
            types=tuple(fact["types"]),
            required=fact.get("required", False),
            limit=Limit(**fact["limit"]) if "limit" in fact else None,
            constant=fact.get("constant"),
        )
        for name, fact in fields.items()
    }


def distil(source: Mapping[str, Any]) -> dict[str, Any]:
    """The table out of a whole machine-readable Bot API: names, types, required flags, numbers; no prose."""
    unions = {name: list(source["types"][name]["subtypes"]) for name in TYPES if "subtypes" in source["types"][name]}
    types = [name for name in TYPES if name not in unions] + [part for parts in unions.values() for part in parts]
    return {
        "source": {"version": source["version"], "release_date": source["release_date"]},
        "methods": {name: _distil_fields(source["methods"][name]) for name in METHODS},
        "types": {name: _distil_fields(source["types"][name]) for name in types},
        "unions": unions,
    }


def _distil_fields(described: Mapping[str, Any]) -> dict[str, Any]:
    return {field["name"]: _distil_field(field) for field in described.get("fields", [])}


def _distil_field(field: Mapping[str, Any]) -> dict[str, Any]:
    prose = str(field["description"])
    fact: dict[str, Any] = {"types": field["types"]}
    if field["required"]:
        fact["required"] = True
    if found := re.search(r"(\d+)-(\d+) (characters|bytes|identifiers)", prose):
        unit = {"identifiers": "items"}.get(found[3], found[3])
        fact["limit"] = {"least": int(found[1]), "most": int(found[2]), "unit": unit}
        if re.search(r"after entit(y|ies) parsing|after entities parsing", prose):
            fact["limit"]["parsed"] = True
    elif found := re.search(r"Values between (\d+)-(\d+)", prose):
        fact["limit"] = {"least": int(found[1]), "most": int(found[2]), "unit": "value"}
    elif found := re.search(r"At most (\d+)", prose):
        fact["limit"] = {"least": 0, "most": int(found[1]), "unit": "items"}
    if found := re.search(r"must be (\w+)$", prose):
        fact["constant"] = found[1]
    return fact


def written(table: Mapping[str, Any]) -> str:
    """The table as JSON with one parameter a line, so that a new Bot API makes a readable difference."""
    lines = []
    for part in ("methods", "types"):
        owners = []
        for owner, fields in table[part].items():
            rows = ",\n".join(f"   {json.dumps(name)}: {json.dumps(fact)}" for name, fact in fields.items())
            owners.append(f"  {json.dumps(owner)}: {{" + (f"\n{rows}\n  }}" if rows else "}"))
        lines.append(f" {json.dumps(part)}: {{\n" + ",\n".join(owners) + "\n }")
    head, tail = f' "source": {json.dumps(table["source"])}', f' "unions": {json.dumps(table["unions"])}'
    return "{\n" + ",\n".join([head, *lines, tail]) + "\n}\n"


if __name__ == "__main__":
    table = distil(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    Path(__file__).with_name("facts.json").write_text(written(table), encoding="utf-8")
