"""What people can do: come, write, press, edit, send other things, block and come back."""

import re
from typing import Any

from bot.standin.chats import Chat, Chats, Message, Press, User
from bot.standin.formatting import Formatted, commands_in
from bot.standin.limits import Limits
from bot.standin.refusal import ImproperError, MissingError
from bot.standin.updates import Updates

FIRST_ID = 5_000_000_001  # real ids outgrew 32 bits
LONGEST_TEXT = 4096
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class People:
    """The people's half of the stand-in.

    Methods raise MissingError for someone or something that is not there and ImproperError for what nobody can do.
    """

    def __init__(self, chats: Chats, updates: Updates, limits: Limits, bot: dict[str, Any], instance: str) -> None:
        """`instance` names this stand-in's chats towards the bot, as Telegram's chat_instance."""
        self._chats = chats
        self._updates = updates
        self._limits = limits
        self._bot = bot
        self._instance = instance
        self._next_user = FIRST_ID
        self._next_press = 1

    def chat(self, user: int) -> Chat:
        """A person's chat with the bot."""
        chat = self._chats.find(user)
        if chat is None:
            raise MissingError(f"no user {user}")
        return chat

    def join(
        self,
        first_name: str,
        *,
        id: int | None = None,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
    ) -> User:
        """A new person, who has not yet written to the bot."""
        if not first_name.strip():
            raise ImproperError("a person needs a first name")
        if id is None:
            while self._chats.find(self._next_user):
                self._next_user += 1
            id = self._next_user
        if id < 1 or self._chats.find(id):
            raise ImproperError(f"the id {id} is taken or not positive")
        user = User(id, first_name.strip(), last_name, username, language_code)
        self._chats.add(user)
        return user

    def start(self, user: int, parameter: str = "") -> Message:
        """Open the bot by a link t.me/bot?start=PARAMETER; a person who blocked the bot unblocks it by that."""
        if parameter and not _PARAMETER.fullmatch(parameter):
            raise ImproperError("a start parameter has 1 to 64 characters out of A-Z, a-z, 0-9, _ and -")
        self.unblock(user)
        return self.write(user, f"/start {parameter}".strip())

    def write(self, user: int, text: str) -> Message:
        """Send a text of 1 to 4096 characters."""
        return self._say(self._reachable(user), Formatted(_checked(text), commands_in(text.strip())), {})

    def send(self, user: int, extra: dict[str, Any]) -> Message:
        """Send something that is not, or not only, a text: `extra` holds further fields of Telegram's Message."""
        if not extra or extra.keys() & {"message_id", "from", "chat", "date"}:
            raise ImproperError("a message has at least one further field, and none that Telegram itself fills in")
        rest = dict(extra)
        text = rest.pop("text", "")
        return self._say(self._reachable(user), Formatted(text, commands_in(text)), rest)

    def edit(self, user: int, message: int, text: str) -> Message:
        """Change a text the person wrote."""
        chat = self._reachable(user)
        found = self._found(chat, message)
        if found.from_bot or not found.shown.text:
            raise ImproperError(f"message {message} is no text of user {user}")
        changed = self._chats.edit(user, found, shown=Formatted(_checked(text), commands_in(text.strip())))
        self._tell(chat, "edited_message", changed.json(self._bot, chat.user))
        return changed

    def press(self, user: int, message: int, data: str, *, forged: bool = False) -> Press:
        """Press the button that carries `data`; `forged` presses a button that need not be there."""
        chat = self._reachable(user)
        found = chat.messages.get(message)
        if not forged:
            found = self._found(chat, message)
            if not any(button.get("callback_data") == data for row in found.rows for button in row):
                raise ImproperError(f"message {message} has no button with the data {data!r}")
        press = Press(str(4_000_000_000_000_000_000 + self._next_press), user, self._chats.now())
        self._next_press += 1
        self._chats.presses[press.id] = press
        shown = {"message_id": message, "chat": chat.user.chat, "date": 0}  # Telegram's InaccessibleMessage
        if found is not None and not found.deleted:
            shown = found.json(self._bot, chat.user)
        query = {"id": press.id, "from": chat.user.json, "message": shown, "chat_instance": self._instance}
        self._tell(chat, "callback_query", {**query, "data": data})
        return press

    def block(self, user: int) -> None:
        """Block the bot: it cannot write to this person any more."""
        self._set_blocked(user, True)

    def unblock(self, user: int) -> None:
        """Let the bot write again."""
        self._set_blocked(user, False)

    def _set_blocked(self, user: int, blocked: bool) -> None:
        chat = self.chat(user)
        if chat.blocked is blocked:
            return
        chat.blocked = blocked
        self._chats.changed(user)
        gone: dict[str, Any] = {"user": self._bot, "status": "kicked", "until_date": 0}
        here: dict[str, Any] = {"user": self._bot, "status": "member"}
        states = {"old_chat_member": here if blocked else gone, "new_chat_member": gone if blocked else here}
        told = {"chat": chat.user.chat, "from": chat.user.json, "date": int(self._chats.now()), **states}
        self._tell(chat, "my_chat_member", told)

    def _say(self, chat: Chat, shown: Formatted, extra: dict[str, Any]) -> Message:
        chat.started = True
        message = self._chats.say(chat.user.id, from_bot=False, shown=shown, extra=extra)
        self._tell(chat, "message", message.json(self._bot, chat.user))
        return message

    def _tell(self, chat: Chat, kind: str, body: dict[str, Any]) -> None:
        self._limits.heard(chat.user.id)
        self._updates.put(kind, body, chat.user.id)

    def _reachable(self, user: int) -> Chat:
        chat = self.chat(user)
        if chat.blocked:
            raise ImproperError(f"user {user} has blocked the bot and must unblock it first")
        return chat

    @staticmethod
    def _found(chat: Chat, message: int) -> Message:
        found = chat.messages.get(message)
        if found is None or found.deleted:
            raise ImproperError(f"there is no message {message} in the chat of user {chat.user.id}")
        return found


def _checked(text: str) -> str:
    if not text.strip() or len(text.strip()) > LONGEST_TEXT:
        raise ImproperError(f"a text has 1 to {LONGEST_TEXT} characters")
    return text.strip()
