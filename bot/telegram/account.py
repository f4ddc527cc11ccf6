"""What the bot says of itself at Telegram: who it is, and the menu of its commands in every language.

This is where python-telegram-bot's types earn their cost: rare calls with many parameters, checked by the library. It
is imported only when the bot works already, for that takes as long as thousands of answers.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.settings import SettingsError
from bot.telegram.calls import CallError, Calls, InvalidToken
from bot.words import COMMANDS
from locales import SOURCE, base, catalogue, languages

if TYPE_CHECKING:
    from telegram import Bot

log = logging.getLogger("weltoffen.account")

PAUSE = 2.0  # seconds between two attempts


async def username(calls: Calls) -> str | None:
    """The bot's username; waits until Telegram answers. Raises SettingsError where it does not accept the token."""
    while True:
        try:
            found = (await calls.call("getMe")).get("username")
            return str(found) if found else None
        except InvalidToken:
            raise SettingsError("Telegram does not accept the token") from None
        except CallError as error:
            log.warning("Telegram does not answer (%s), trying again", type(error).__name__)
            await asyncio.sleep(PAUSE)


async def introduce(calls: Calls) -> None:
    """Sets the menu of commands in every language; of little consequence where it fails."""
    bot = await asyncio.to_thread(library_bot, calls)  # in a thread: the import takes half a second
    from telegram import BotCommand
    from telegram.error import TelegramError

    try:
        for code in languages():
            words = catalogue(code)
            commands = [BotCommand(name, words.t(text)) for name, text in COMMANDS.items()]
            if code == SOURCE or base(code) != base(SOURCE):  # Telegram knows one German
                await bot.set_my_commands(commands, language_code=None if code == SOURCE else base(code))
    except TelegramError as error:
        log.warning("the menu of commands could not be set (%s)", type(error).__name__)


def library_bot(calls: Calls) -> Bot:
    """The library's Bot, speaking over our session."""
    from telegram import Bot

    from bot.telegram.request import SessionRequest

    request = SessionRequest(calls)
    return Bot(calls.token, base_url=f"{calls.api_url}/bot", request=request, get_updates_request=request)
