"""What came in: one raw update of Telegram as a plain value, without names, usernames or numbers of people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]


class Sort(StrEnum):
    """What sort of update it is."""

    TEXT = "text"
    OTHER = "other"  # a sticker, voice, photo, contact, something forwarded, …
    EDIT = "edit"
    PRESS = "press"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    NOTHING = "nothing"  # nothing that concerns us


class Incoming(NamedTuple):
    """One update. `user` is the chat of a private conversation too; `language` is what the app says of itself."""

    id: int
    sort: Sort
    user: int = 0
    private: bool = True
    chat: int = 0
    message: int | None = None
    callback: str | None = None
    text: str = ""
    language: str | None = None


def read(raw: Mapping[str, Any]) -> Incoming:
    """The value of a raw update. Raises KeyError, TypeError or ValueError at one that is not of Telegram's form.

    The few facts are taken from the raw form: building all of the library's objects took a third of an update's time.
    """
    number = _whole(raw["update_id"])
    if (query := raw.get("callback_query")) is not None:
        return _press(number, query)
    if (member := raw.get("my_chat_member")) is not None:
        gone = member["new_chat_member"]["status"] in ("kicked", "left")
        private = member["chat"]["type"] == "private"
        sort = (Sort.BLOCKED if gone else Sort.UNBLOCKED) if private else Sort.NOTHING
        return Incoming(number, sort, _person(member["from"]), private, _whole(member["chat"]["id"]))
    if (message := raw.get("edited_message")) is not None:
        return _message(number, message, Sort.EDIT)
    if (message := raw.get("message")) is not None:
        forwarded = message.get("forward_origin") is not None  # somebody else's words
        return _message(number, message, Sort.OTHER if forwarded or message.get("text") is None else Sort.TEXT)
    return Incoming(number, Sort.NOTHING)


def _press(number: int, query: Mapping[str, Any]) -> Incoming:
    user, message, data = query["from"], query.get("message"), query.get("data")
    callback, person = _text(query["id"]), _person(user)
    if message is None or data is None:
        return Incoming(number, Sort.PRESS, person, callback=callback, chat=person)
    return Incoming(
        number, Sort.PRESS, person, message["chat"]["type"] == "private", _whole(message["chat"]["id"]),
        _whole(message["message_id"]), callback, _text(data), _language(user),
    )  # fmt: skip


def _message(number: int, message: Mapping[str, Any], sort: Sort) -> Incoming:
    user, chat = message.get("from"), message["chat"]
    if user is None or user.get("is_bot"):
        return Incoming(number, Sort.NOTHING)
    return Incoming(
        number, sort, _person(user), chat["type"] == "private", _whole(chat["id"]),
        _whole(message["message_id"]), None, _text(message.get("text") or ""), _language(user),
    )  # fmt: skip


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    if not -(2**63) <= value < 2**63:
        raise ValueError("more than 64 bits")
    return value


def _person(user: Mapping[str, Any]) -> int:
    found = _whole(user["id"])
    if found <= 0:
        raise ValueError("no number of a person")
    return found


def _text(value: object) -> str:
    """A text without halves of characters: JSON can hold them, no file and no answer can."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _language(user: Mapping[str, Any]) -> str | None:
    found = user.get("language_code")
    return None if found is None else _text(found)


def number_of(raw: Mapping[str, Any]) -> int:
    """The number of an update that cannot be read; 0 where it has none of Telegram's form."""
    try:
        return _whole(raw["update_id"])
    except (LookupError, TypeError, ValueError):
        return 0
