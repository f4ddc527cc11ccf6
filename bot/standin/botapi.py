"""The door the bot knocks at: /bot<token>/<method>, from the bytes of a request to the bytes of an answer."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.standin.checking import Upload, check
from bot.standin.facts import Facts
from bot.standin.faults import Faults, Kind
from bot.standin.limits import Limits
from bot.standin.refusal import RefusedError
from bot.standin.telegram import Telegram

LARGEST_REQUEST = 11 * 1024 * 1024
LARGEST_FILE = 10 * 1024 * 1024
CALLS_KEPT = 10_000
SENDS = ("sendMessage", "sendDocument", "editMessageText", "editMessageReplyMarkup")  # what the limits count

log = logging.getLogger("weltoffen.standin")


class _LostError(Exception):
    """The connection is to end without an answer."""


@dataclass(frozen=True)
class Call:
    """One call that was made; `status` is the answer's, 0 when it was lost; `at` in seconds since 1970."""

    method: str
    chat: int | None
    status: int
    description: str
    at: float


class BotApi:
    """Answers the bot's calls and remembers the last of them."""

    def __init__(
        self,
        *,
        token: str,
        facts: Facts,
        telegram: Telegram,
        faults: Faults,
        limits: Limits,
        now: Callable[[], float],
    ) -> None:
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._token = token
        self._facts = facts
        self._telegram = telegram
        self._faults = faults
        self._limits = limits
        self._now = now
        self.running: set[asyncio.Task[web.StreamResponse]] = set()

    def routes(self) -> list[web.RouteDef]:
        """The paths of the Bot API."""
        return [web.route("*", "/bot{token}/{method}", self._handle)]

    @property
    def stats(self) -> dict[str, dict[str, int]]:
        """How often each method was called, by the status of the answer ("lost" when there was none)."""
        counted: dict[str, dict[str, int]] = {}
        for (method, status), times in sorted(self._counts.items()):
            counted.setdefault(method, {})[status] = times
        return counted

    def last(self, number: int) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        return [asdict(call) for call in list(self.calls)[-number:]] if number > 0 else []

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self._token:
            return self._refuse("?", None, RefusedError(401, "Unauthorized"))
        if method not in self._facts.methods:
            log.warning("the bot called %s, which the stand-in does not know", method)
            return self._refuse(method, None, RefusedError(404, "Not Found: method not found"))
        try:
            given, uploads = await _read(request)
        except RefusedError as refusal:
            return self._refuse(method, None, refusal)
        if method == "getUpdates":  # ends with its connection, so that a killed bot leaves no open poll behind
            return await self._answer(request, method, given, uploads)
        # Every other call takes effect even when the bot no longer waits for the answer.
        task = asyncio.ensure_future(self._answer(request, method, given, uploads))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await asyncio.shield(task)

    async def _answer(
        self, request: web.Request, method: str, given: dict[str, Any], uploads: dict[str, Upload]
    ) -> web.StreamResponse:
        chat = self._telegram.chat_of(given)
        try:
            result = await self._result(method, chat, given, uploads)
        except RefusedError as refusal:
            return self._refuse(method, chat, refusal)
        except _LostError:
            self._note(method, chat, 0, "lost")
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        self._note(method, chat, 200, "")
        return web.json_response({"ok": True, "result": result})

    async def _result(self, method: str, chat: int | None, given: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        if late := self._faults.struck(Kind.LATENCY, method, chat):
            await asyncio.sleep(late.milliseconds / 1000)
        if self._faults.struck(Kind.LOST_BEFORE, method, chat):
            raise _LostError
        if fault := self._faults.struck(Kind.TOO_MANY, method, chat):
            raise _too_many(fault.retry_after)
        if fault := self._faults.struck(Kind.SERVER_ERROR, method, chat):
            raise RefusedError(fault.status, "Bad Gateway" if fault.status == 502 else "Internal Server Error")
        arguments = check(self._facts, method, given, uploads)
        if method in SENDS and chat is not None and (seconds := self._limits.retry_after(chat)):
            raise _too_many(seconds)
        result = await self._telegram.call(method, arguments)
        if self._faults.struck(Kind.LOST_AFTER, method, chat):
            raise _LostError
        return result

    def _refuse(self, method: str, chat: int | None, refusal: RefusedError) -> web.Response:
        self._note(method, chat, refusal.code, refusal.description)
        return web.json_response(refusal.answer, status=refusal.code)

    def _note(self, method: str, chat: int | None, status: int, description: str) -> None:
        self.calls.append(Call(method, chat, status, description, self._now()))
        self._counts[method, str(status) if status else "lost"] += 1


def _too_many(seconds: int) -> RefusedError:
    return RefusedError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    """The parameters and files of a request, from its query string and its body of whatever kind."""
    given: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    try:
        if request.content_type == "application/json":
            body = await request.json() if request.can_read_body else {}
            if not isinstance(body, Mapping):
                raise RefusedError(400, "Bad Request: can't parse request: object expected")
            given.update(body)
        elif request.content_type == "multipart/form-data":
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or not part.name:
                    raise RefusedError(400, "Bad Request: can't parse request: a part without name")
                content = await part.read(decode=True)
                if part.filename is None:
                    given[part.name] = content.decode()
                elif len(content) > LARGEST_FILE:
                    raise RefusedError(413, "Request Entity Too Large")
                else:
                    kind = part.headers.get("Content-Type", "application/octet-stream")
                    uploads[part.name] = Upload(part.filename, kind, bytes(content))
        else:
            given.update({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
    except web.HTTPRequestEntityTooLarge:
        raise RefusedError(413, "Request Entity Too Large") from None
    except ValueError:  # neither JSON nor UTF-8
        raise RefusedError(400, "Bad Request: can't parse request") from None
    return given, uploads
