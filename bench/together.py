"""62 chats press at once while every call to Telegram takes 100 ms: when does the last one see the next question?

    uv run python bench/together.py [--people 62] [--latency 100] [--rounds 10]

Real bot process, stand-in over HTTP. Prints one JSON line: milliseconds from the press to the changed message, and
the same for a bare round trip to the stand-in as a yardstick of this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector

from bot.communes import TEMPLATE
from bot.standin.server import start

TOKEN = "4242:" + "bench" * 7


async def command(environment: dict[str, str], *arguments: str) -> str:
    """Runs a command of ours and gives what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode()


async def telephone(http: ClientSession, user: int) -> dict[str, Any]:
    """What a chat shows."""
    async with http.get(f"/standin/users/{user}/chat") as answer:
        found: dict[str, Any] = await answer.json()
    return found


def last(chat: dict[str, Any]) -> tuple[dict[str, Any], list[str]] | None:
    """The last message with buttons, and what they carry."""
    for message in reversed(chat["messages"]):
        if message.get("keyboard"):
            return message, [b["data"] for row in message["keyboard"] for b in row]
    return None


async def changed(http: ClientSession, user: int, before: str) -> float:
    """The second at which a chat shows other buttons than `before`."""
    version = -1
    while True:
        params = {"after": str(version), "wait": "5"}
        async with http.get(f"/standin/users/{user}/chat", params=params) as answer:
            chat = await answer.json()
        version, shown = chat["version"], last(chat)
        if shown is not None and "|".join(shown[1]) != before:
            return time.perf_counter()


async def press(http: ClientSession, user: int, which: int) -> float:
    """Presses a button; gives the milliseconds until the chat shows something else."""
    shown = last(await telephone(http, user))
    assert shown is not None
    message, data = shown
    waiting = asyncio.create_task(changed(http, user, "|".join(data)))
    began = time.perf_counter()
    url = f"/standin/users/{user}/press"
    async with http.post(url, json={"message_id": message["message_id"], "data": data[which]}) as answer:
        await answer.read()
    return 1000 * (await waiting - began)


async def main(people: int, latency: int, rounds: int) -> None:
    """Everybody enters, then all press at once, `rounds` times."""
    standin = await start(TOKEN)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": standin.url,
            "WELTOFFEN_DATABASE": f"{folder}/w.db", "WELTOFFEN_KEY_FILE": f"{folder}/w.key",
        }  # fmt: skip
        commune = Path(folder, "stadt.toml")
        commune.write_text(TEMPLATE, "utf-8")
        text = await command(environment, "survey", "open", "kurzform", "--commune", str(commune), "--voice", "society",
                             "--yes", "--format", "json")  # fmt: skip
        code = json.loads(text)["codes"]["society"]["code"]
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--log", "ERROR", env=environment
        )
        async with ClientSession(standin.url, connector=TCPConnector(limit=0)) as http:
            users = []
            for i in range(people):
                async with http.post("/standin/users", json={"first_name": f"P{i}", "language_code": "de"}) as answer:
                    users.append((await answer.json())["id"])
            for user in users:
                async with http.post(f"/standin/users/{user}/start", json={"parameter": code}) as answer:
                    await answer.read()
            await asyncio.gather(*(changed(http, user, "") for user in users))
            for _ in range(2):  # language, consent
                await asyncio.gather(*(press(http, user, 0) for user in users))
            rules = [{"kind": "latency", "method": "*", "rate": 1.0, "milliseconds": latency}]
            async with http.post("/standin/faults", json={"rules": rules}) as answer:
                await answer.read()
            every = []
            for _ in range(rounds):
                await asyncio.sleep(0.6)
                every.append(await asyncio.gather(*(press(http, user, 1) for user in users)))
            began = time.perf_counter()
            await telephone(http, users[0])
            bare = 1000 * (time.perf_counter() - began)
        bot.terminate()
        await bot.wait()
    await standin.close()
    lasts = sorted(max(r) for r in every)
    flat = [one for r in every for one in r]
    print(json.dumps({
        "people": people, "latency_ms": latency, "rounds": rounds,
        "last_ms": {"median": round(statistics.median(lasts)), "worst": round(lasts[-1])},
        "each_ms": {"median": round(statistics.median(flat))}, "bare_round_trip_ms": round(bare, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=62)
    parser.add_argument("--latency", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    asyncio.run(main(given.people, given.latency, given.rounds))
