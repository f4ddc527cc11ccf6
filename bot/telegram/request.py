"""How the library's Bot speaks HTTP: over one aiohttp client session with many connections."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 256
TIMEOUT = 15.0  # seconds for a whole call, where the caller names none


class AiohttpRequest(BaseRequest):
    """The library's request object on aiohttp: a third of the time httpx takes."""

    def __init__(self, connections: int = CONNECTIONS) -> None:
        """`connections`: how many calls may be under way at once."""
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds a call may take by default."""
        return TIMEOUT

    async def initialize(self) -> None:
        """Opens the session."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))

    async def shutdown(self) -> None:
        """Closes the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        if self._session is None:
            raise RuntimeError("the request object is not initialised")
        seconds = float(read_timeout) if isinstance(read_timeout, int | float) else TIMEOUT
        body: Any = None
        if request_data is not None and request_data.contains_files:
            body = aiohttp.FormData(request_data.json_parameters, quote_fields=False)
            for name, (filename, content, kind) in request_data.multipart_data.items():
                body.add_field(name, content, filename=filename, content_type=kind)
        elif request_data is not None:
            body = request_data.json_parameters
        elif "?" in url:  # parameters of ours; in the body every Bot API takes them
            url, _, query = url.partition("?")
            body = dict(parse_qsl(query, keep_blank_values=True))
        try:
            timeout = aiohttp.ClientTimeout(total=seconds)
            async with self._session.request(method, url, data=body, timeout=timeout) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"no connection ({type(error).__name__})") from None
