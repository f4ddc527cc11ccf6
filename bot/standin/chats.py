"""Who is here and what was said: people, their private chats with the bot, messages, presses and toasts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.standin.formatting import Formatted


@dataclass(frozen=True)
class User:
    """A person with an account; the id is the id of their private chat with the bot too."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None

    @property
    def json(self) -> dict[str, Any]:
        """The person as Telegram's User."""
        names = {"last_name": self.last_name, "username": self.username, "language_code": self.language_code}
        given = {name: value for name, value in names.items() if value is not None}
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, **given}

    @property
    def chat(self) -> dict[str, Any]:
        """The person's private chat as Telegram's Chat."""
        names = {key: value for key, value in self.json.items() if key not in ("is_bot", "language_code")}
        return {**names, "type": "private"}


@dataclass(frozen=True)
class Document:
    """A file the bot sent."""

    id: str
    name: str
    content_type: str
    content: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The file as Telegram's Document."""
        return {
            "file_id": self.id,
            "file_unique_id": f"u{self.id}",
            "file_name": self.name,
            "mime_type": self.content_type,
            "file_size": len(self.content),
        }


@dataclass(frozen=True)
class Message:
    """One message; `shown` is its text or the caption of its document, dates are seconds since 1970.

    `extra` holds what a person's message has besides a text (a sticker, a voice message, …) in Telegram's form.
    """

    id: int
    from_bot: bool
    date: float
    shown: Formatted
    rows: tuple[tuple[dict[str, Any], ...], ...] = ()
    document: Document | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    reply_to: int | None = None
    link_preview_options: dict[str, Any] | None = None
    protected: bool = False
    edits: int = 0
    edit_date: float | None = None
    deleted: bool = False

    def json(self, bot: dict[str, Any], user: User) -> dict[str, Any]:
        """The message as Telegram's Message."""
        said: dict[str, Any] = {
            "message_id": self.id,
            "from": bot if self.from_bot else user.json,
            "chat": user.chat,
            "date": int(self.date),
            **self.extra,
        }
        if self.document:
            said["document"] = self.document.json
        if self.shown.text:
            said["caption" if self.document else "text"] = self.shown.text
        if self.shown.entities:
            said["caption_entities" if self.document else "entities"] = list(self.shown.entities)
        if self.rows:
            said["reply_markup"] = {"inline_keyboard": [list(row) for row in self.rows]}
        if self.link_preview_options:
            said["link_preview_options"] = self.link_preview_options
        if self.protected:
            said["has_protected_content"] = True
        if self.edit_date is not None:
            said["edit_date"] = int(self.edit_date)
        return said

    @property
    def view(self) -> dict[str, Any]:
        """The message as the person sees it; nothing but its number is left of a deleted one."""
        seen: dict[str, Any] = {
            "message_id": self.id,
            "from": "bot" if self.from_bot else "user",
            "text": self.shown.text,
            "keyboard": [[_button(button) for button in row] for row in self.rows],
            "edited": self.edits,
            "deleted": self.deleted,
            "date": self.date,
        }
        if self.shown.entities:
            seen["entities"] = list(self.shown.entities)
        if self.document:
            seen["document"] = {
                "name": self.document.name,
                "size": len(self.document.content),
                "url": f"/standin/files/{self.document.id}",
            }
        if self.protected:
            seen["protected"] = True
        if kinds := sorted(self.extra):
            seen["kinds"] = kinds
        return seen

    @property
    def gone(self) -> "Message":
        """What is left when it is deleted."""
        return Message(self.id, self.from_bot, self.date, Formatted(""), edits=self.edits, deleted=True)


@dataclass(frozen=True)
class Press:
    """A press on a button, as a callback query."""

    id: str
    chat: int
    date: float
    answered: bool = False
    text: str | None = None
    show_alert: bool = False

    @property
    def view(self) -> dict[str, Any]:
        """The press with its answer."""
        shown = {"text": self.text, "show_alert": self.show_alert}
        return {"callback_query_id": self.id, "answered": self.answered, **shown}


@dataclass
class Chat:
    """A private chat; `version` grows with every change a person could see."""

    user: User
    messages: dict[int, Message] = field(default_factory=dict)
    toasts: list[dict[str, Any]] = field(default_factory=list)
    version: int = 0
    started: bool = False
    blocked: bool = False

    @property
    def view(self) -> dict[str, Any]:
        """The whole chat as the person sees it."""
        return {
            **self._state,
            "messages": [message.view for message in self.messages.values()],
            "toasts": self.toasts,
        }

    @property
    def summary(self) -> dict[str, Any]:
        """The chat as a line in a list of chats; `last_bot_id` is the newest message of the bot (0: none)."""
        kept = [message for message in self.messages.values() if not message.deleted]
        last = kept[-1] if kept else None
        return {
            **self._state,
            "last": (last.shown.text or (last.document.name if last.document else "")) if last else "",
            "last_from": ("bot" if last.from_bot else "user") if last else None,
            "last_date": last.date if last else None,
            "last_bot_id": max((message.id for message in kept if message.from_bot), default=0),
        }

    @property
    def _state(self) -> dict[str, Any]:
        state = {"version": self.version, "started": self.started, "blocked": self.blocked}
        return {"user": self.user.json, **state}


class Chats:
    """All chats of the one bot account; `on_change` hears the id of every chat that changed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.skew = 0.0
        self.on_change: list[Callable[[int], None]] = []
        self.presses: dict[str, Press] = {}
        self._clock = clock
        self._chats: dict[int, Chat] = {}
        self._next_message = 1

    def now(self) -> float:
        """The clock, put forward by `skew` seconds."""
        return self._clock() + self.skew

    def all(self) -> list[Chat]:
        """All chats, in the order in which people came."""
        return list(self._chats.values())

    def find(self, chat: int) -> Chat | None:
        """A person's chat, None when there is no such person."""
        return self._chats.get(chat)

    def add(self, user: User) -> None:
        """A new person with an empty chat."""
        self._chats[user.id] = Chat(user)
        self.changed(user.id)

    def say(self, chat: int, *, from_bot: bool, shown: Formatted, **more: Any) -> Message:
        """A new message at the end of a chat; message ids are counted over all chats of the account."""
        message = Message(self._next_message, from_bot, self.now(), shown, **more)
        self._next_message += 1
        self.keep(chat, message)
        return message

    def edit(self, chat: int, message: Message, **changes: Any) -> Message:
        """The message with those changes, counted as an edit."""
        edited = replace(message, edits=message.edits + 1, edit_date=self.now(), **changes)
        self.keep(chat, edited)
        return edited

    def keep(self, chat: int, message: Message) -> None:
        """Put a message in its place."""
        self._chats[chat].messages[message.id] = message
        self.changed(chat)

    def changed(self, chat: int) -> None:
        """Tell that a person would see something new."""
        self._chats[chat].version += 1
        for hear in self.on_change:
            hear(chat)


def _button(button: dict[str, Any]) -> dict[str, Any]:
    seen = {"text": button["text"], "data": button.get("callback_data")}
    return seen | {"url": button["url"]} if "url" in button else seen
