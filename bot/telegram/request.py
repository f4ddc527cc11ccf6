"""How the library's Bot speaks HTTP: over the session that all our calls share."""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.telegram.calls import TIMEOUT, Calls


class SessionRequest(BaseRequest):
    """The library's request object on our session, which is opened and closed elsewhere."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @property
    def read_timeout(self) -> float:
        """Seconds a call may take by default."""
        return TIMEOUT

    async def initialize(self) -> None:
        """Nothing: the session is open."""

    async def shutdown(self) -> None:
        """Nothing: the session goes on."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One call; raises TimedOut or NetworkError, whose messages never hold the address (it holds the token)."""
        seconds = float(read_timeout) if isinstance(read_timeout, int | float) else TIMEOUT
        body: Any = None
        if request_data is not None and request_data.contains_files:
            body = aiohttp.FormData(request_data.json_parameters, quote_fields=False)
            for name, (filename, content, kind) in request_data.multipart_data.items():
                body.add_field(name, content, filename=filename, content_type=kind)
        elif request_data is not None:
            body = request_data.json_parameters
        try:
            timeout = aiohttp.ClientTimeout(total=seconds)
            async with self._calls.session.request(method, url, data=body, timeout=timeout) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"no connection ({type(error).__name__})") from None
