"""Telegram's Bot API as plain calls: JSON out, JSON in, over one session with many connections.

Whatever is fetched, said and shown goes through here. Its form is small and its number large: the library's objects
around the same JSON take most of an update's time (docs/performance.md). What the bot says of itself, rarely and in
many parameters, goes through the library: account.py. Errors are named as the library names them.
"""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.view import View

CONNECTIONS = 256  # calls under way at once
TIMEOUT = 15.0  # seconds for a whole call


class CallError(Exception):
    """A call that was not carried out, or not surely. The message is Telegram's or ours and never holds the token."""


class NetworkError(CallError):
    """No connection, or an error on Telegram's side; it may yet have been carried out."""


class TimedOut(NetworkError):
    """No answer in time; it may well have been carried out."""


class RetryAfter(CallError):
    """Telegram wants to be left in peace for so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many calls, again after {seconds:g} s")
        self.seconds = seconds


class Forbidden(CallError):
    """The person has blocked the bot, or never began to talk to it."""


class BadRequest(CallError):
    """What was asked cannot be done."""


class Conflict(CallError):
    """Somebody else fetches the same bot's updates."""


class InvalidToken(CallError):
    """Telegram does not accept the token."""


class Calls:
    """The Bot API of one bot. Use it as a context manager."""

    def __init__(self, token: str, api_url: str, connections: int = CONNECTIONS) -> None:
        """`api_url` without a slash at its end; `connections`: how many calls may be under way at once."""
        self.token, self.api_url = token, api_url
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Calls({self.api_url})"

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session. Raises RuntimeError outside of the context."""
        if self._session is None:
            raise RuntimeError("the session is not open")
        return self._session

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self.session, None
        await session.close()

    async def call(self, method: str, *, wait: float = 0.0, **parameters: Any) -> Any:
        """The result of a call; parameters that are None are left out, `wait` is how long Telegram may think.

        Raises CallError, whose subclasses say what can be done about it.
        """
        body = json.dumps({name: value for name, value in parameters.items() if value is not None})
        try:
            async with self.session.post(
                f"{self.api_url}/bot{self.token}/{method}",
                data=body.encode(),
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT + wait),
            ) as answer:
                status, content = answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut("no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:  # its text may hold the address, and so the token
            raise NetworkError(f"no connection ({type(error).__name__})") from None
        return _result(status, content)


def _result(status: int, content: bytes) -> Any:
    try:
        answer: dict[str, Any] = json.loads(content)
        if answer["ok"]:
            return answer["result"]
        code, why = int(answer.get("error_code", status)), str(answer.get("description", ""))
        seconds = float((answer.get("parameters") or {}).get("retry_after", 1))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NetworkError(f"an answer that cannot be read (status {status})") from None
    match code:
        case 400:
            raise BadRequest(why)
        case 401 | 404:
            raise InvalidToken(why)
        case 403:
            raise Forbidden(why)
        case 409:
            raise Conflict(why)
        case 429:
            raise RetryAfter(seconds)
        case _:
            raise NetworkError(f"status {code}")


def keyboard(view: View) -> dict[str, Any] | None:
    """The buttons of a view in Telegram's form; None where there are none."""
    if not view.rows:
        return None
    return {"inline_keyboard": [[{"text": b.label, "callback_data": b.data} for b in row] for row in view.rows]}
