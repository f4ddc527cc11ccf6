"""Reads what a request to the control API asks for, and says in JSON what became of it."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.standin.refusal import ImproperError, MissingError


@dataclass(frozen=True)
class Asked:
    """The values of a body or query; every reader raises ImproperError when a value is missing or of another kind."""

    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A string that must be there."""
        found = self.optional_text(name)
        if found is None:
            raise ImproperError(f"{name} is missing")
        return found

    def optional_text(self, name: str) -> str | None:
        """A string, None when it is not there."""
        found = self.values.get(name)
        if found is not None and not isinstance(found, str):
            raise ImproperError(f"{name} must be a text")
        return found

    def whole(self, name: str) -> int:
        """A whole number that must be there."""
        found = self.optional_whole(name)
        if found is None:
            raise ImproperError(f"{name} is missing")
        return found

    def optional_whole(self, name: str) -> int | None:
        """A whole number, None when it is not there."""
        found = self.values.get(name)
        if found is None:
            return None
        try:
            if isinstance(found, bool) or int(found) != float(found):
                raise ValueError
        except (TypeError, ValueError):
            raise ImproperError(f"{name} must be a whole number") from None
        return int(found)

    def seconds(self, name: str) -> float:
        """A finite number of seconds, 0 when it is not there."""
        try:
            found = float(self.values.get(name, 0))
        except (TypeError, ValueError):
            found = math.nan
        if not math.isfinite(found):
            raise ImproperError(f"{name} must be a number of seconds")
        return found

    def flag(self, name: str) -> bool:
        """Whether it is true; false when it is not there."""
        found = self.values.get(name, False)
        if not isinstance(found, bool):
            raise ImproperError(f"{name} must be true or false")
        return found

    def table(self, name: str) -> dict[str, Any]:
        """An object that must be there."""
        found = self.values.get(name)
        if not isinstance(found, dict):
            raise ImproperError(f"{name} must be an object")
        return found

    def tables(self, name: str) -> list[dict[str, Any]]:
        """A list of objects that must be there."""
        found = self.values.get(name)
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise ImproperError(f"{name} must be a list of objects")
        return found


async def asked(request: web.Request) -> Asked:
    """The JSON body of a request that has one, else its query."""
    if not request.can_read_body:
        return Asked(dict(request.query))
    try:
        body = await request.json()
    except ValueError:
        raise ImproperError("the body must be JSON") from None
    if not isinstance(body, dict):
        raise ImproperError("the body must be a JSON object")
    return Asked(body)


def user_of(request: web.Request) -> int:
    """The person the path names."""
    return int(request.match_info["id"])


def answered(act: Callable[[web.Request], Awaitable[Any]]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that gives what the act gives as JSON, and its refusals as {"error": …} with 404 or 400."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await act(request))
        except MissingError as error:
            return web.json_response({"error": str(error)}, status=404)
        except ImproperError as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle
