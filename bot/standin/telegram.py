"""The bot's half of the stand-in: what each Bot API method does to the chats, and when it is refused."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.standin.chats import Chat, Chats, Document, Message
from bot.standin.checking import Upload
from bot.standin.facts import Facts
from bot.standin.formatting import Formatted, formatted
from bot.standin.profile import Profile
from bot.standin.refusal import RefusedError
from bot.standin.updates import CALLBACK_SECONDS, Updates

DELETE_SECONDS = 48 * 3600.0
_TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)

Arguments = dict[str, Any]


class Telegram:
    """Carries out calls whose arguments were checked; raises RefusedError as Telegram refuses."""

    def __init__(self, facts: Facts, chats: Chats, updates: Updates, profile: Profile) -> None:
        self.profile = profile
        self.files: dict[str, Document] = {}
        self._facts = facts
        self._chats = chats
        self._updates = updates
        self._methods: dict[str, Callable[[Arguments], Any]] = {
            "getMe": lambda _: profile.me,
            "getWebhookInfo": self._webhook_info,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "sendDocument": self._send_document,
            "editMessageText": self._edit_text,
            "editMessageReplyMarkup": self._edit_markup,
            "answerCallbackQuery": self._answer,
            "deleteMessage": self._delete_message,
            "deleteMessages": self._delete_messages,
            "setMyCommands": profile.set_commands,
            "deleteMyCommands": profile.delete_commands,
            "setMyName": profile.set_name,
            "setMyDescription": profile.set_description,
            "setMyShortDescription": profile.set_short_description,
        }

    async def call(self, method: str, arguments: Arguments) -> Any:
        """The result of a call; only getUpdates waits."""
        if method != "getUpdates":
            return self._methods[method](arguments)
        return await self._updates.poll(
            arguments.get("offset", 0),
            arguments.get("limit", 100),
            arguments.get("timeout", 0),
            arguments.get("allowed_updates"),
        )

    @property
    def polled(self) -> bool:
        """Whether a getUpdates call is open."""
        return self._updates.polling

    def chat_of(self, given: dict[str, Any]) -> int | None:
        """The chat a call is about, as far as its unchecked arguments tell; None for calls without a chat."""
        press = self._chats.presses.get(str(given.get("callback_query_id")))
        if press:
            return press.chat
        chat = str(given.get("chat_id"))
        return int(chat) if re.fullmatch(r"-?\d{1,19}", chat) else None

    def _webhook_info(self, _: Arguments) -> Arguments:
        info = {"url": "", "has_custom_certificate": False, "pending_update_count": self._updates.pending()}
        return info | ({"allowed_updates": self._updates.allowed} if self._updates.allowed else {})

    def _delete_webhook(self, arguments: Arguments) -> bool:
        if arguments.get("drop_pending_updates"):
            self._updates.clear()
        return True

    def _send_message(self, arguments: Arguments) -> Arguments:
        chat = self._open(arguments)
        shown = self._formatted("sendMessage", "text", arguments, arguments.get("entities"))
        return self._say(chat, arguments, shown, None)

    def _send_document(self, arguments: Arguments) -> Arguments:
        chat = self._open(arguments)
        shown = self._formatted("sendDocument", "caption", arguments, arguments.get("caption_entities"))
        given = arguments["document"]
        if isinstance(given, Upload):
            if not given.content:
                raise RefusedError(400, "Bad Request: file must be non-empty")
            name = f"BQAD{len(self.files) + 1:08d}"
            document = self.files[name] = Document(name, given.name, given.content_type, given.content)
        elif given in self.files:
            document = self.files[given]
        else:
            raise RefusedError(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return self._say(chat, arguments, shown, document)

    def _edit_text(self, arguments: Arguments) -> Arguments:
        chat, message = self._own(arguments)
        if message.document:
            raise RefusedError(400, "Bad Request: there is no text in the message to edit")
        shown = self._formatted("editMessageText", "text", arguments, arguments.get("entities"))
        rows = _rows(arguments)
        if (shown, rows) == (message.shown, message.rows):
            raise RefusedError(400, _NOT_MODIFIED)
        preview = arguments.get("link_preview_options", message.link_preview_options)
        edited = self._chats.edit(chat.user.id, message, shown=shown, rows=rows, link_preview_options=preview)
        return edited.json(self.profile.me_in_messages, chat.user)

    def _edit_markup(self, arguments: Arguments) -> Arguments:
        chat, message = self._own(arguments)
        rows = _rows(arguments)
        if rows == message.rows:
            raise RefusedError(400, _NOT_MODIFIED)
        edited = self._chats.edit(chat.user.id, message, rows=rows)
        return edited.json(self.profile.me_in_messages, chat.user)

    def _answer(self, arguments: Arguments) -> bool:
        press = self._chats.presses.get(arguments["callback_query_id"])
        if press is None or press.answered or self._chats.now() - press.date > CALLBACK_SECONDS:
            raise RefusedError(400, _TOO_OLD)
        text, alert = arguments.get("text"), arguments.get("show_alert", False)
        self._chats.presses[press.id] = replace(press, answered=True, text=text, show_alert=alert)
        chat = self._chats.find(press.chat)
        if text and chat:
            toast = {"callback_query_id": press.id, "text": text, "show_alert": alert, "date": self._chats.now()}
            chat.toasts.append(toast)
        self._chats.changed(press.chat)
        return True

    def _delete_message(self, arguments: Arguments) -> bool:
        chat = self._known(arguments)
        if not self._erasable(chat, arguments["message_id"]):
            raise RefusedError(400, "Bad Request: message to delete not found")
        return self._erase(chat, [arguments["message_id"]])

    def _delete_messages(self, arguments: Arguments) -> bool:
        chat = self._known(arguments)
        # One message that is too old makes Telegram refuse the whole call, so all are looked at first.
        return self._erase(chat, [number for number in arguments["message_ids"] if self._erasable(chat, number)])

    def _erasable(self, chat: Chat, number: int) -> bool:
        message = chat.messages.get(number)
        if message is None or message.deleted:
            return False
        if self._chats.now() - message.date >= DELETE_SECONDS:
            raise RefusedError(400, "Bad Request: message can't be deleted for everyone")
        return True

    def _erase(self, chat: Chat, numbers: list[int]) -> bool:
        for number in numbers:
            self._chats.keep(chat.user.id, chat.messages[number].gone)
        return True

    def _say(self, chat: Chat, arguments: Arguments, shown: Formatted, document: Document | None) -> Arguments:
        rows = _rows(arguments)
        reply = arguments.get("reply_parameters", {})
        target = chat.messages.get(reply.get("message_id", 0))
        found = target is not None and not target.deleted
        if reply and not found and not reply.get("allow_sending_without_reply"):
            raise RefusedError(400, "Bad Request: message to be replied not found")
        message = self._chats.say(
            chat.user.id,
            from_bot=True,
            shown=shown,
            rows=rows,
            document=document,
            reply_to=target.id if target is not None and found else None,
            link_preview_options=arguments.get("link_preview_options"),
            protected=arguments.get("protect_content", False),
        )
        said = message.json(self.profile.me_in_messages, chat.user)
        if target is not None and found:
            bot = self.profile.me_in_messages
            said["reply_to_message"] = target.json(bot, chat.user)
        return said

    def _formatted(
        self, method: str, name: str, arguments: Arguments, entities: list[dict[str, Any]] | None
    ) -> Formatted:
        what = "message caption" if name == "caption" else "message"
        text, limit = arguments.get(name, ""), self._facts.limit(method, name)
        return formatted(text, arguments.get("parse_mode"), entities, limit, what)

    def _known(self, arguments: Arguments) -> Chat:
        if "chat_id" not in arguments:
            raise RefusedError(400, "Bad Request: chat_id is empty")
        chat = self._chats.find(arguments["chat_id"])
        if chat is None:
            raise RefusedError(400, "Bad Request: chat not found")
        return chat

    def _open(self, arguments: Arguments) -> Chat:
        chat = self._known(arguments)
        if not chat.started:
            raise RefusedError(403, "Forbidden: bot can't initiate conversation with a user")
        if chat.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _own(self, arguments: Arguments) -> tuple[Chat, Message]:
        """The message of the bot an edit is about."""
        chat = self._open(arguments)
        if "message_id" not in arguments:
            raise RefusedError(400, "Bad Request: message identifier is not specified")
        message = chat.messages.get(arguments["message_id"])
        if message is None or message.deleted:
            raise RefusedError(400, "Bad Request: message to edit not found")
        if not message.from_bot:
            raise RefusedError(400, "Bad Request: message can't be edited")
        return chat, message


def _rows(arguments: Arguments) -> tuple[tuple[dict[str, Any], ...], ...]:
    """The rows of an inline keyboard, without empty ones."""
    rows = arguments.get("reply_markup", {}).get("inline_keyboard", [])
    return tuple(tuple(row) for row in rows if row)
