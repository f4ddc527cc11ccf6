"""Puts the stand-in together and serves it, on this machine only."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from aiohttp import web

from bot.standin.botapi import LARGEST_REQUEST, BotApi
from bot.standin.chats import Chats
from bot.standin.control import Control
from bot.standin.facts import load
from bot.standin.faults import Faults
from bot.standin.limits import Limits
from bot.standin.pages import Pages
from bot.standin.people import People
from bot.standin.profile import Profile
from bot.standin.telegram import Telegram
from bot.standin.updates import Updates
from bot.standin.watch import Watch

LOOPBACK = ("127.0.0.1", "::1")
_NAMES = (*LOOPBACK, "localhost")
_CLOSING_SECONDS = 0.1  # what open polls and streams get before they are cut


@dataclass(frozen=True)
class Standin:
    """A running stand-in. `url` is what the bot takes for Telegram's address, `page` the chat page for people."""

    url: str
    telegram: Telegram
    people: People
    chats: Chats
    faults: Faults
    limits: Limits
    api: BotApi
    _runner: web.AppRunner

    @property
    def connections(self) -> int:
        """How many connections are open or still worked on; none: all that a bot has said is heard."""
        return len(self._runner.server.connections) if self._runner.server is not None else 0

    @property
    def page(self) -> str:
        """The address of the chat page."""
        return f"{self.url}/"

    async def close(self) -> None:
        """Stop serving; open polls and streams end."""
        await self._runner.cleanup()


async def start(
    token: str,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    username: str = "weltoffen_demo_bot",
    first_name: str = "weltoffen",
    clock: Callable[[], float] = time.time,
    seed: int = 0,
    limits: bool = False,
) -> Standin:
    """Serve a stand-in for the bot with that token; port 0 takes a free one.

    `clock` gives seconds since 1970, `seed` makes ids and trouble repeatable, `limits` holds the bot to Telegram's
    sending limits. Raises ValueError for a host that is not this machine or a token without a number before its
    colon, OSError when the port is taken.
    """
    if host not in LOOPBACK:
        raise ValueError(f"the stand-in serves {' and '.join(LOOPBACK)} only, not {host!r}")
    number, colon, secret = token.partition(":")
    if not (number.isascii() and number.isdigit() and colon and secret):
        raise ValueError("a bot token is a number, a colon and a secret")
    facts, chats, faults, watch = load(), Chats(clock), Faults(seed), Watch()
    dice = Random(seed)  # noqa: S311 (ids of a test double, no secret) # nosec B311
    pace = Limits(chats.now, limits)
    profile = Profile(int(number), username, first_name)
    updates = Updates(chats.now, dice, faults.copies)
    telegram = Telegram(facts, chats, updates, profile)
    people = People(chats, updates, pace, profile.me_in_messages, str(dice.getrandbits(62)))
    api = BotApi(token=token, facts=facts, telegram=telegram, faults=faults, limits=pace, now=chats.now)
    chats.on_change.append(watch.changed)

    app = web.Application(middlewares=[_only_this_machine], client_max_size=LARGEST_REQUEST)
    app.add_routes(api.routes())
    control = Control(chats=chats, people=people, telegram=telegram, api=api, faults=faults, limits=pace, watch=watch)
    app.add_routes(control.routes())
    app.add_routes(Pages(people, telegram, watch).routes())
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_CLOSING_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
    return Standin(url, telegram, people, chats, faults, pace, api, runner)


@web.middleware
async def _only_this_machine(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what another web site open in the same browser might send here."""
    origin = request.headers.get("Origin")
    if urlsplit(f"//{request.host}").hostname not in _NAMES or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden(text="only for this machine")
    return await handler(request)
