"""What the bot's account says about itself: name, descriptions and commands, by language and scope."""

import json
import re
from typing import Any

from bot.standin.refusal import RefusedError

_LANGUAGE = re.compile(r"[a-z]{2}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_DEFAULT = '{"type": "default"}'
_PRIVATE = '{"type": "all_private_chats"}'


class Profile:
    """The account of the bot; a text for a language that has none of its own is the one without a language."""

    def __init__(self, id: int, username: str, first_name: str) -> None:
        self._account = {"id": id, "is_bot": True, "username": username}
        self._first_name = first_name
        self._names: dict[str, str] = {}
        self._descriptions: dict[str, str] = {}
        self._short_descriptions: dict[str, str] = {}
        self._commands: dict[tuple[str, str], list[dict[str, Any]]] = {}

    @property
    def me_in_messages(self) -> dict[str, Any]:
        """The bot as Telegram's User, as it stands in messages."""
        return {**self._account, "first_name": self._names.get("", self._first_name)}

    @property
    def me(self) -> dict[str, Any]:
        """The bot as getMe gives it."""
        rights = {"can_join_groups": False, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**self.me_in_messages, **rights}

    def view(self, language: str | None, chat: int | None) -> dict[str, Any]:
        """What a person with that language sees of the bot in their chat."""
        tongue = (language or "")[:2]
        return {
            **self._account,
            "first_name": self._names.get(tongue) or self._names.get("") or self._first_name,
            "description": self._descriptions.get(tongue) or self._descriptions.get("", ""),
            "short_description": self._short_descriptions.get(tongue) or self._short_descriptions.get("", ""),
            "commands": self._commands_for(tongue, chat),
        }

    def set_name(self, arguments: dict[str, Any]) -> bool:
        """The method setMyName."""
        return _set(self._names, "name", arguments)

    def set_description(self, arguments: dict[str, Any]) -> bool:
        """The method setMyDescription."""
        return _set(self._descriptions, "description", arguments)

    def set_short_description(self, arguments: dict[str, Any]) -> bool:
        """The method setMyShortDescription."""
        return _set(self._short_descriptions, "short_description", arguments)

    def set_commands(self, arguments: dict[str, Any]) -> bool:
        """The method setMyCommands."""
        if any(not _COMMAND.fullmatch(command["command"].removeprefix("/")) for command in arguments["commands"]):
            raise RefusedError(400, "Bad Request: BOT_COMMAND_INVALID")
        self._commands[_place(arguments)] = arguments["commands"]
        return True

    def delete_commands(self, arguments: dict[str, Any]) -> bool:
        """The method deleteMyCommands."""
        self._commands.pop(_place(arguments), None)
        return True

    def _commands_for(self, language: str, chat: int | None) -> list[dict[str, Any]]:
        scopes = [json.dumps({"chat_id": chat, "type": "chat"}), _PRIVATE, _DEFAULT]
        places = [(scope, tongue) for scope in scopes for tongue in (language, "")]
        return next((self._commands[place] for place in places if self._commands.get(place)), [])


def _set(texts: dict[str, str], name: str, arguments: dict[str, Any]) -> bool:
    language, text = _language(arguments), arguments.get(name, "")
    if text:
        texts[language] = text
    else:
        texts.pop(language, None)
    return True


def _place(arguments: dict[str, Any]) -> tuple[str, str]:
    scope = arguments.get("scope", {"type": "default"})
    return json.dumps(scope, sort_keys=True), _language(arguments)


def _language(arguments: dict[str, Any]) -> str:
    language: str = arguments.get("language_code", "")
    if language and not _LANGUAGE.fullmatch(language):
        raise RefusedError(400, "Bad Request: invalid language code specified")
    return language
