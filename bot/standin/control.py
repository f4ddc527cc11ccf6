"""The door for people and tests: /standin/…, JSON in and out."""

import asyncio
from typing import Any

from aiohttp import web

from bot.standin.asked import answered, asked, user_of
from bot.standin.botapi import BotApi
from bot.standin.chats import Chats
from bot.standin.faults import Faults, read_fault
from bot.standin.limits import Limits
from bot.standin.people import People
from bot.standin.telegram import Telegram
from bot.standin.watch import Watch

LONGEST_WAIT = 60.0


class Control:
    """Lets people act and look, and tests arrange trouble and count."""

    def __init__(
        self,
        *,
        chats: Chats,
        people: People,
        telegram: Telegram,
        api: BotApi,
        faults: Faults,
        limits: Limits,
        watch: Watch,
    ) -> None:
        self._chats = chats
        self._people = people
        self._telegram = telegram
        self._api = api
        self._faults = faults
        self._limits = limits
        self._watch = watch

    def routes(self) -> list[web.RouteDef]:
        """The people's paths and the tests' paths."""
        user = r"/standin/users/{id:\d{1,18}}"
        return [
            web.post("/standin/users", answered(self._join)),
            web.get(f"{user}/chat", answered(self._chat)),
            web.post(f"{user}/start", answered(self._start)),
            web.post(f"{user}/text", answered(self._text)),
            web.post(f"{user}/press", answered(self._press)),
            web.post(f"{user}/edit", answered(self._edit)),
            web.post(f"{user}/send", answered(self._send)),
            web.post(f"{user}/block", answered(self._block)),
            web.post(f"{user}/unblock", answered(self._unblock)),
            web.get("/standin/bot", answered(self._bot)),
            web.get("/standin/chats", answered(self._list)),
            web.get("/standin/faults", answered(self._trouble)),
            web.post("/standin/faults", answered(self._set_trouble)),
            web.get("/standin/clock", answered(self._clock)),
            web.post("/standin/clock", answered(self._advance)),
            web.get("/standin/stats", answered(self._stats)),
            web.get("/standin/calls", answered(self._calls)),
        ]

    async def _join(self, request: web.Request) -> Any:
        wish = await asked(request)
        user = self._people.join(
            wish.text("first_name"),
            id=wish.optional_whole("id"),
            last_name=wish.optional_text("last_name"),
            username=wish.optional_text("username"),
            language_code=wish.optional_text("language_code"),
        )
        return user.json

    async def _chat(self, request: web.Request) -> Any:
        wish = await asked(request)
        chat = self._people.chat(user_of(request))
        after, seconds = wish.optional_whole("after"), wish.seconds("wait")
        if after is not None and chat.version <= after and seconds > 0:
            await self._watch.wait(chat.user.id, min(seconds, LONGEST_WAIT))
        return chat.view

    async def _start(self, request: web.Request) -> Any:
        return self._people.start(user_of(request), (await asked(request)).optional_text("parameter") or "").view

    async def _text(self, request: web.Request) -> Any:
        return self._people.write(user_of(request), (await asked(request)).text("text")).view

    async def _press(self, request: web.Request) -> Any:
        wish = await asked(request)
        press = self._people.press(
            user_of(request), wish.whole("message_id"), wish.text("data"), forged=wish.flag("forged")
        )
        now = asyncio.get_running_loop().time
        end = now() + min(wish.seconds("wait"), LONGEST_WAIT)
        while not self._chats.presses[press.id].answered and (left := end - now()) > 0:
            await self._watch.wait(press.chat, left)
        return self._chats.presses[press.id].view

    async def _edit(self, request: web.Request) -> Any:
        wish = await asked(request)
        return self._people.edit(user_of(request), wish.whole("message_id"), wish.text("text")).view

    async def _send(self, request: web.Request) -> Any:
        return self._people.send(user_of(request), (await asked(request)).table("message")).view

    async def _block(self, request: web.Request) -> Any:
        self._people.block(user_of(request))
        return self._people.chat(user_of(request)).summary

    async def _unblock(self, request: web.Request) -> Any:
        self._people.unblock(user_of(request))
        return self._people.chat(user_of(request)).summary

    async def _bot(self, request: web.Request) -> Any:
        user = (await asked(request)).optional_whole("user")
        if user is None:
            return self._telegram.profile.view(None, None)
        return self._telegram.profile.view(self._people.chat(user).user.language_code, user)

    async def _list(self, _: web.Request) -> Any:
        return [chat.summary for chat in self._chats.all()]

    async def _trouble(self, _: web.Request) -> Any:
        return {"limits": self._limits.on, "rules": self._faults.view}

    async def _set_trouble(self, request: web.Request) -> Any:
        wish = await asked(request)
        if "rules" in wish.values:
            self._faults.set([read_fault(rule) for rule in wish.tables("rules")], wish.optional_whole("seed"))
        if "limits" in wish.values:
            self._limits.on = wish.flag("limits")
        return await self._trouble(request)

    async def _clock(self, _: web.Request) -> Any:
        return {"now": self._chats.now(), "skew": self._chats.skew}

    async def _advance(self, request: web.Request) -> Any:
        self._chats.skew += (await asked(request)).seconds("advance")
        return await self._clock(request)

    async def _stats(self, _: web.Request) -> Any:
        return self._api.stats

    async def _calls(self, request: web.Request) -> Any:
        number = (await asked(request)).optional_whole("last")
        return self._api.last(100 if number is None else number)
