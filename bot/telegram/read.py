"""What came in: one raw update of Telegram as a plain value, without names, usernames or numbers of people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telegram import ChatMember, Message, Update

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


@dataclass(frozen=True)
class Incoming:
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


def read(raw: dict[str, Any]) -> Incoming:
    """The value of a raw update. Raises whatever the library raises at an update that it cannot parse."""
    update = Update.de_json(raw, None)
    if query := update.callback_query:
        message = query.message
        if message is None or query.data is None:
            return Incoming(
                update.update_id, Sort.PRESS, query.from_user.id, callback=query.id, chat=query.from_user.id
            )
        return Incoming(
            update.update_id, Sort.PRESS, query.from_user.id, message.chat.type == message.chat.PRIVATE,
            message.chat.id, message.message_id, query.id, query.data, query.from_user.language_code,
        )  # fmt: skip
    if member := update.my_chat_member:
        gone = member.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
        private = member.chat.type == member.chat.PRIVATE
        sort = (Sort.BLOCKED if gone else Sort.UNBLOCKED) if private else Sort.NOTHING
        return Incoming(update.update_id, sort, member.from_user.id, private, member.chat.id)
    if message := update.edited_message:
        return _message(update.update_id, message, Sort.EDIT)
    if message := update.message:
        typed = message.text is not None and message.forward_origin is None  # what is forwarded somebody else said
        return _message(update.update_id, message, Sort.TEXT if typed else Sort.OTHER)
    return Incoming(update.update_id, Sort.NOTHING)


def _message(update: int, message: Message, sort: Sort) -> Incoming:
    if message.from_user is None or message.from_user.is_bot:
        return Incoming(update, Sort.NOTHING)
    return Incoming(
        update, sort, message.from_user.id, message.chat.type == message.chat.PRIVATE, message.chat.id,
        message.message_id, None, message.text or "", message.from_user.language_code,
    )  # fmt: skip
