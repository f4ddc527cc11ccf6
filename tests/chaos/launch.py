"""Starts real commands of weltoffen as processes that can die at a named point: imports once, forks for each.

Speaks JSON lines on its standard input and output: {"start": 1, "args": ["run"], "env": {…}, "log": "file"} answers
{"started": 1, "pid": 4711} and, when it has ended, {"ended": 1, "status": -9}; {"signal": 9, "to": 1} sends a signal.
When its input ends, all that it started ends. Environment of a process: CHAOS_KILL (see points.py), MUTANT (see
mutants.py), CHAOS_TIMEOUT (seconds after which a call is given up), CHAOS_CALLS (a file that gets those given up; then
every call is also logged with its address and contents, as some libraries do it).
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent


# ---- in the processes -------------------------------------------------------------------------------------------


def child(args: Sequence[str], environment: dict[str, str], log: str) -> None:
    """Is the command from here on."""
    from mutants import MUTANTS
    from points import give_up_after, install

    from bot.cli import main

    silent, written = os.open(os.devnull, os.O_RDWR), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((silent, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    os.environ.update(environment)
    install(os.environ.get("CHAOS_KILL"))
    if name := os.environ.get("MUTANT"):
        MUTANTS[name]()
    if seconds := os.environ.get("CHAOS_TIMEOUT"):
        give_up_after(float(seconds))
    if found := os.environ.get("CHAOS_CALLS"):
        observed(found)
    main(args=list(args), prog_name="weltoffen")


def observed(file: str) -> None:
    """Every call is logged as some libraries do it, with address and contents; those given up are written to `file`."""
    from points import Proceed, around_calls

    token = os.environ["TELEGRAM_BOT_TOKEN"]
    given_up = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def observe(method: str, parameters: dict[str, Any], proceed: Proceed) -> Any:
        logging.getLogger("httpx").warning("HTTP Request: POST https://…/bot%s/%s %s", token, method, parameters)
        try:
            return await proceed()
        except Exception as error:
            if type(error).__name__ == "TimedOut":
                line = {"at": time.time(), "method": method, "chat": parameters.get("chat_id")}
                os.write(given_up, json.dumps(line).encode() + b"\n")
            raise

    around_calls(observe)


def serve() -> None:
    """Forks on demand, until the input ends."""
    import bot.cli.run
    import bot.telegram.request  # and with it the library, which a bot imports when it works already
    from bot.cli.common import questionnaires
    from bot.typed import typed_words

    questionnaires()
    typed_words()
    gc.freeze()
    running: dict[int, int] = {}
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing)
    _say({"ready": bot.cli.run.__name__})
    begun = b""
    while True:
        for ready in select.select((0, reading), (), ())[0]:
            if ready == reading:
                os.read(reading, 4096)
                for number, status in _ended(running):
                    _say({"ended": number, "status": status})
                continue
            if not (some := os.read(0, 65536)):
                for pid in running.values():
                    os.kill(pid, signal.SIGKILL)
                return
            *lines, begun = (begun + some).split(b"\n")
            for line in lines:
                _obey(json.loads(line), running)


def _ended(running: dict[int, int]) -> list[tuple[int, int]]:
    found = []
    for number, pid in list(running.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            found.append((number, os.waitstatus_to_exitcode(status)))
            del running[number]
    return found


def _obey(wish: dict[str, Any], running: dict[int, int]) -> None:
    if "signal" in wish:
        if (pid := running.get(wish["to"])) is not None:
            os.kill(pid, wish["signal"])
        return
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child(wish["args"], wish["env"], wish["log"])
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    running[wish["start"]] = pid
    _say({"started": wish["start"], "pid": pid})


def _say(found: dict[str, Any]) -> None:
    os.write(1, json.dumps(found).encode() + b"\n")


# ---- in the tests -----------------------------------------------------------------------------------------------


def paths() -> dict[str, str]:
    """The environment in which a program beside this file finds the same modules as we do."""
    import bot

    return {"PYTHONPATH": os.pathsep.join([str(Path(str(bot.__file__)).parent.parent), str(HERE)])}


class Started:
    """A process that was started; `ended` gives its exit code, negative where a signal ended it."""

    def __init__(self, launcher: Launcher, number: int) -> None:
        self.launcher, self.number = launcher, number
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def signal(self, number: int) -> None:
        """Sends a signal, if it still runs."""
        self.launcher.say({"signal": number, "to": self.number})

    async def kill(self) -> int:
        """Kills it with -9; its exit code, -9 unless it had ended before."""
        self.signal(signal.SIGKILL)
        return await self.ended

    async def end(self, seconds: float = 20) -> int:
        """Ends it with SIGTERM; its exit code."""
        self.signal(signal.SIGTERM)
        return await asyncio.wait_for(asyncio.shield(self.ended), seconds)


class Launcher:
    """The process that starts processes. Use it as a context manager; nothing it started outlives it."""

    def __init__(self) -> None:
        self._started: dict[int, Started] = {}

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "launch", cwd=HERE, env={**os.environ, **paths()},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert "ready" in json.loads(await self._process.stdout.readline())
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._listening

    async def start(self, args: Sequence[str], env: dict[str, str], log: Path) -> Started:
        """Starts a command of weltoffen."""
        found = Started(self, len(self._started))
        self._started[found.number] = found
        self.say({"start": found.number, "args": list(args), "env": env, "log": str(log)})
        return found

    def say(self, wish: dict[str, Any]) -> None:
        """Passes a wish on."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish).encode() + b"\n")

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "ended" in said and not self._started[said["ended"]].ended.done():
                self._started[said["ended"]].ended.set_result(said["status"])
        for one in self._started.values():
            if not one.ended.done():
                one.ended.set_result(-signal.SIGKILL)


if __name__ == "__main__":
    serve()
