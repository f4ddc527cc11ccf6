"""What a browser gets: the chat page, the stream of changes it listens to, and the documents the bot sent."""

import asyncio
import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import quote

from aiohttp import web

from bot.standin.people import People
from bot.standin.telegram import Telegram
from bot.standin.watch import Listener, Watch
from locales import Language, known

HEARTBEAT_SECONDS = 15.0
GATHER_SECONDS = 0.05  # changes of one chat within this time make one event
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page() -> str:
    """The chat page with its words; languages by name, as locales/languages.toml knows them."""
    words = tomllib.loads(_text("page.toml"))
    tongues = {code: {**_tongue(known()[code]), "words": words[code]} for code in words}
    apps = {_app(code): _tongue(language) for code, language in known().items() if "@" not in code}
    return _text("page.html").replace("$TONGUES", _script(tongues)).replace("$APPS", _script(apps))


def _tongue(language: Language) -> Mapping[str, str]:
    return {"name": language.name, "tag": language.tag, "direction": language.direction, "app": _app(language.code)}


def _app(code: str) -> str:
    """What an app set to a language says: "zh-hans" for zh_Hans, "de" for de@simple too."""
    return code.partition("@")[0].replace("_", "-").lower()


def _script(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")  # or a word could end the script


def _text(name: str) -> str:
    return files("bot.standin").joinpath(name).read_text(encoding="utf-8")


class Pages:
    """The page and what it needs besides the control API."""

    def __init__(self, people: People, telegram: Telegram, watch: Watch) -> None:
        self._people = people
        self._telegram = telegram
        self._watch = watch

    def routes(self) -> list[web.RouteDef]:
        """The browser's paths."""
        return [
            web.get("/", self._page),
            web.get("/standin/events", self._events),
            web.get("/standin/files/{id}", self._file),
        ]

    async def _page(self, _: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return web.Response(text=page(), content_type="text/html", headers=headers)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        listener = Listener()
        self._watch.listeners.add(listener)
        try:
            await response.prepare(request)
            await response.write(b": here\n\n")
            while True:
                changed = await listener.take(HEARTBEAT_SECONDS)
                lines = [f"data: {json.dumps(self._people.chat(chat).summary)}\n\n" for chat in changed]
                await response.write("".join(lines or [": still here\n\n"]).encode())
                await asyncio.sleep(GATHER_SECONDS)
        except ConnectionError:  # the page was closed
            return response
        finally:
            self._watch.listeners.discard(listener)

    async def _file(self, request: web.Request) -> web.Response:
        document = self._telegram.files.get(request.match_info["id"])
        if document is None:
            raise web.HTTPNotFound
        headers = {"Content-Type": document.content_type, "X-Content-Type-Options": "nosniff"}
        if document.content_type.startswith("text/html"):  # shown, but with no rights on this origin
            headers["Content-Security-Policy"] = "sandbox"
        else:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(document.name, safe='')}"
        return web.Response(body=document.content, headers=headers)
