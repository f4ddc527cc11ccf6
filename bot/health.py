"""Whether the process is well: what the poller and the store report, told on this machine only, without any person.

`/healthz` answers 200 or 503, `/metrics` in Prometheus' text form. Whatever grows with what people do is shown in
steps of STEP only: nobody is to see from a curve that somebody has just answered (METHOD §5.7).
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"
SILENT = 90.0  # seconds without an answer from Telegram after which the process does not count as well
STEP = 100  # of everything that people cause


@dataclass
class Health:
    """What is known of the process; times are those of `clock`, in seconds that only go forward.

    `outage` is the kind of error while nothing can be kept. `counts` gives totals by name, of whatever people cause.
    """

    clock: Callable[[], float] = time.monotonic
    heard: float = field(init=False)
    beaten: float = field(init=False)
    outage: str | None = None
    set_aside: int = 0
    counts: Callable[[], Mapping[str, int]] = dict

    def __post_init__(self) -> None:
        self.heard = self.beaten = self.clock()

    def beat(self) -> None:
        """The poller moves on."""
        self.beaten = self.clock()

    def fetched(self) -> None:
        """Telegram answered a fetch."""
        self.heard = self.beaten = self.clock()

    def troubles(self) -> list[str]:
        """Why the process is not well; empty if it is."""
        found = []
        if (silent := self.clock() - self.heard) > SILENT:
            found.append(f"Telegram has not answered for {int(silent)} s")
        if self.outage is not None:
            found.append(f"nothing can be kept ({self.outage})")
        return found

    def metrics(self) -> str:
        """All figures in Prometheus' text form."""
        lines = [
            "# TYPE weltoffen_well gauge", f"weltoffen_well {int(not self.troubles())}",
            "# TYPE weltoffen_seconds_since_telegram gauge",
            f"weltoffen_seconds_since_telegram {self.clock() - self.heard:.0f}",
            "# TYPE weltoffen_store_outage gauge", f"weltoffen_store_outage {int(self.outage is not None)}",
            "# TYPE weltoffen_updates_set_aside_total counter",
            f"weltoffen_updates_set_aside_total {self.set_aside}",
        ]  # fmt: skip
        for name, number in self.counts().items():
            lines += [
                f"# HELP weltoffen_{name}_total in steps of {STEP}", f"# TYPE weltoffen_{name}_total counter",
                f"weltoffen_{name}_total {number // STEP * STEP}",
            ]  # fmt: skip
        return "\n".join(lines) + "\n"


@asynccontextmanager
async def served(health: Health, port: int | None) -> AsyncIterator[None]:
    """Serves /healthz and /metrics on this machine's loopback; does nothing without a port.

    Raises OSError where the port is taken.
    """
    if port is None:
        yield
        return
    from aiohttp import web  # not before it is needed: the server's half takes as long to import as the client's

    async def healthz(_: web.Request) -> web.Response:
        troubles = health.troubles()
        return web.json_response({"well": not troubles, "troubles": troubles}, status=503 if troubles else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=health.metrics(), content_type="text/plain", charset="utf-8")

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield
    finally:
        await runner.cleanup()
