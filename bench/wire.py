"""HTTP/1.1 as the load server speaks it: requests in, answers out, in order; and the parameters of a call.

By hand and no more than bots need, because the load server has to cost far less than the bot it is to measure.
Knows nothing of Telegram. Parameters stay in the raw form in which they came; what stands in them is worked out once
per raw form, since thousands of calls say the same.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast
from urllib.parse import unquote_plus

import msgspec

REMEMBERED = 50_000  # raw forms whose meaning is kept
_BOUNDARY = re.compile(rb'boundary="?([^";]+)')
_NAME = re.compile(rb'name="([^"]*)"')


class Form(Enum):
    """How a parameter is written."""

    URL = "application/x-www-form-urlencoded"
    JSON = "application/json"
    PLAIN = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the path without query, and its parameters in their raw form."""

    path: bytes
    values: dict[bytes, bytes]
    form: Form

    def whole(self, name: bytes, default: int = 0) -> int:
        """A whole number among the parameters."""
        raw = self.values.get(name)
        return int(raw.strip(b'"')) if raw else default


def call(target: bytes, kind: bytes, body: bytes) -> Call:
    """What was asked for, by the request's target, Content-Type and body."""
    path, _, query = target.partition(b"?")
    values = _pairs(query) if query else {}
    if not body:
        return Call(path, values, Form.URL)
    if kind.startswith(b"application/json"):
        found = {n.encode(): bytes(v) for n, v in _objects.decode(body).items()}
        return Call(path, found | {n: b'"%b"' % v for n, v in values.items()}, Form.JSON)
    if kind.startswith(b"multipart/form-data"):
        return Call(path, values | _parts(kind, body), Form.PLAIN)
    return Call(path, values | _pairs(body), Form.URL)


_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _pairs(body: bytes) -> dict[bytes, bytes]:
    found = {}
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        found[name] = value
    return found


def _parts(kind: bytes, body: bytes) -> dict[bytes, bytes]:
    boundary = _BOUNDARY.search(kind)
    found = {}
    for part in body.split(b"--" + boundary[1]) if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if name := _NAME.search(head):
            found[name[1]] = content.removesuffix(b"\r\n")
    return found


class Meanings:
    """What raw parameters mean, worked out once each."""

    def __init__(self) -> None:
        self._texts: dict[bytes, bytes] = {}
        self._objects: dict[bytes, Any] = {}

    def text(self, raw: bytes, form: Form) -> bytes:
        """A text as a JSON string."""
        if form is Form.JSON:
            return raw
        if (found := self._texts.get(raw)) is None:
            if len(self._texts) > REMEMBERED:
                self._texts.clear()
            plain = unquote_plus(raw.decode()) if form is Form.URL else raw.decode()
            found = self._texts[raw] = json.dumps(plain, ensure_ascii=False).encode()
        return found

    def of(self, raw: bytes, form: Form, build: Callable[[Any], Any]) -> Any:
        """What `build` makes of a JSON value; in JSON bodies it may be written as a string or as itself."""
        if (found := self._objects.get(raw)) is None:
            if len(self._objects) > REMEMBERED:
                self._objects.clear()
            value = json.loads(unquote_plus(raw.decode()) if form is Form.URL else raw)
            found = self._objects[raw] = build(json.loads(value) if isinstance(value, str) else value)
        return found


class Connection(asyncio.Protocol):
    """One connection of a client. A pipelined request waits until the one before it is answered."""

    def __init__(self, handle: Callable[[Connection, bytes, bytes, bytes], None]) -> None:
        """`handle(connection, target, kind, body)` must call `answer` once, now or later."""
        self._handle = handle
        self._rest = b""
        self._busy = False
        self._reading = False
        self._last = False
        self.transport: asyncio.Transport | None = None
        self.received = self.sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self._rest = self._rest + data if self._rest else data
        self._read()

    def _read(self) -> None:
        if self._reading:
            return
        self._reading = True
        while not self._busy and (found := self._request()) is not None:
            self._busy = True
            self._handle(self, *found)
        self._reading = False

    def _request(self) -> tuple[bytes, bytes, bytes] | None:
        """The next whole request of what came in: target, Content-Type, body."""
        data = self._rest
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return None
        line, _, headers = data[:end].partition(b"\r\n")
        folded = headers.lower()
        after = end + 4
        if b"transfer-encoding: chunked" in folded:
            if (chunked := _dechunked(data, after)) is None:
                return None
            body, after = chunked
        else:
            length = int(_header(headers, folded, b"content-length:") or 0)
            if len(data) < after + length:
                return None
            body = data[after : after + length]
            after += length
        self._rest = data[after:]
        self._last = b"connection: close" in folded
        return line.split(b" ", 2)[1], _header(headers, folded, b"content-type:"), body

    def answer(self, body: bytes) -> None:
        """Answers the request that is being handled."""
        self._busy = False
        if self.transport is None:
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.sent += len(head) + len(body)
        self.transport.write(head + body)
        if self._last:
            self.transport.close()
        elif self._rest:
            self._read()


def _header(headers: bytes, folded: bytes, name: bytes) -> bytes:
    if (start := folded.find(name)) < 0:
        return b""
    end = headers.find(b"\r\n", start)
    return headers[start + len(name) : end if end >= 0 else len(headers)].strip()


def _dechunked(data: bytes, at: int) -> tuple[bytes, int] | None:
    """The body of a request sent in chunks and where it ends; None where more is to come."""
    found = []
    while (end := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:end].split(b";")[0], 16)
        if len(data) < end + 4 + size:
            return None
        found.append(data[end + 2 : end + 2 + size])
        at = end + 4 + size
        if not size:
            return b"".join(found), at
    return None
