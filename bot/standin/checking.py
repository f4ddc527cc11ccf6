"""Checks a call against the facts: every parameter known, none missing, each of its type and within its limits."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.standin.facts import Facts, Parameter
from bot.standin.refusal import RefusedError

_INTEGER = re.compile(r"-?\d{1,19}")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "document": "there is no document in the request",
    "message_ids": "message identifiers are not specified",
}
_OUTSIDE = {
    ("answerCallbackQuery", "text"): "MESSAGE_TOO_LONG",
    ("deleteMessages", "message_ids"): "too many message identifiers specified",
    ("InlineKeyboardButton", "callback_data"): "BUTTON_DATA_INVALID",
    ("BotCommand", "command"): "BOT_COMMAND_INVALID",
    ("BotCommand", "description"): "BOT_COMMAND_DESCRIPTION_INVALID",
}


@dataclass(frozen=True)
class Upload:
    """A file that came in a multipart body."""

    name: str
    content_type: str
    content: bytes


def check(facts: Facts, method: str, given: Mapping[str, Any], uploads: Mapping[str, Upload]) -> dict[str, Any]:
    """The arguments of a call as values of their types; raises RefusedError (400) when the call breaks a fact.

    `given` holds strings (form, query) or JSON values, `uploads` the files by the name of their part. Texts whose
    limit holds for the text without its formatting are measured later, where the formatting is read.
    """
    known = facts.methods[method]
    attached = {value.removeprefix("attach://") for value in given.values() if isinstance(value, str)}
    offered = dict(given) | {name: upload for name, upload in uploads.items() if name not in attached}
    for name in offered:
        if name not in known:
            raise RefusedError(400, f"Bad Request: {method} has no parameter {name!r}")
    call = _Call(facts, uploads)
    arguments = {
        name: call.value(method, name, known[name], value)
        for name, value in offered.items()
        if value is not None and (value != "" or known[name].required)  # an empty field counts as not given
    }
    for name, parameter in known.items():
        if parameter.required and name not in arguments:
            raise RefusedError(400, f"Bad Request: {_MISSING.get(name, f'parameter {name!r} is required')}")
    return arguments


@dataclass(frozen=True)
class _Call:
    facts: Facts
    uploads: Mapping[str, Upload]

    def value(self, owner: str, name: str, parameter: Parameter, value: Any) -> Any:
        """A parameter or field read as the first of its types that fits."""
        for kind in parameter.types:
            read = self._read(kind, value)
            if read is not None:
                break
        else:
            raise RefusedError(400, f"Bad Request: can't parse {owner}.{name} as {' or '.join(parameter.types)}")
        if parameter.constant not in (None, read):
            raise RefusedError(400, f"Bad Request: {owner}.{name} must be {parameter.constant}")
        if parameter.limit and not parameter.limit.parsed and not parameter.limit.holds(read):
            why = _OUTSIDE.get((owner, name), f"{owner}.{name} is out of its limits")
            raise RefusedError(400, f"Bad Request: {why}")
        return read

    def _read(self, kind: str, value: Any) -> Any:
        """The value as that type, None when it is not one."""
        if kind == "Integer":
            if isinstance(value, str) and _INTEGER.fullmatch(value):
                return int(value)
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        if kind == "Boolean":
            read = _BOOLEANS.get(value.lower()) if isinstance(value, str) else value
            return read if isinstance(read, bool) else None
        if kind == "String":
            return value if isinstance(value, str) and not value.startswith("attach://") else None
        if kind == "InputFile":
            if isinstance(value, str) and value.startswith("attach://"):
                return self.uploads.get(value.removeprefix("attach://"))
            return value if isinstance(value, Upload) else None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return None
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return None
            items = [self._read(kind.removeprefix("Array of "), item) for item in value]
            return None if any(item is None for item in items) else items
        return self._object(kind, value) if isinstance(value, dict) else None

    def _object(self, kind: str, value: Mapping[str, Any]) -> dict[str, Any] | None:
        for part in self.facts.unions.get(kind, ()):
            if value.get("type") == self.facts.types[part]["type"].constant:
                kind = part
        if kind not in self.facts.types:
            return None  # a type the stand-in knows nothing about
        known = self.facts.types[kind]
        for name in value:
            if name not in known:
                raise RefusedError(400, f"Bad Request: {kind} has no field {name!r}")
        for name, parameter in known.items():
            if parameter.required and name not in value:
                raise RefusedError(400, f"Bad Request: {kind} needs the field {name!r}")
        read = {name: self.value(kind, name, known[name], item) for name, item in value.items()}
        if kind == "InlineKeyboardButton":
            if not read["text"].strip():
                raise RefusedError(400, "Bad Request: can't parse inline keyboard button: text must be non-empty")
            if len(read.keys() - {"text", "icon_custom_emoji_id", "style"}) != 1:
                raise RefusedError(400, "Bad Request: can't parse inline keyboard button: exactly one action is needed")
        return read
