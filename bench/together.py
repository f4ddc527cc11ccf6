"""62 chats press at once while every call to Telegram takes 100 ms: when does the last one see the next question?

    uv run python bench/together.py [--people 62] [--latency 100] [--rounds 20]

The real bot process works against the stand-in over HTTP; people press inside the stand-in, so that their telephones
take no time of this machine. Prints one JSON line: milliseconds from the common press to the moment at which the last
(and, over all, the median) chat shows its next question; and what one bare call to the stand-in takes.
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

from aiohttp import ClientSession

from bot.communes import TEMPLATE
from bot.standin.faults import Fault, Kind
from bot.standin.server import Standin, start

TOKEN = "4242:" + "bench" * 7


async def command(environment: dict[str, str], *arguments: str) -> str:
    """Runs a command of ours and gives what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode()


def buttons(standin: Standin, user: int) -> tuple[int, list[str]]:
    """The last message with buttons, and what they carry."""
    for message in reversed(standin.people.chat(user).view["messages"]):
        if message.get("keyboard"):
            return message["message_id"], [b["data"] for row in message["keyboard"] for b in row]
    return 0, []


async def together(standin: Standin, users: list[int], which: int) -> list[float]:
    """Everybody presses a button at once; the milliseconds until each chat shows other buttons."""
    before = {user: buttons(standin, user) for user in users}
    took: dict[int, float] = {}
    everybody = asyncio.Event()

    def changed(user: int) -> None:
        if user in before and user not in took and buttons(standin, user)[1] not in (before[user][1], []):
            took[user] = 1000 * (time.perf_counter() - began)
            if len(took) == len(users):
                everybody.set()

    standin.chats.on_change.append(changed)
    began = time.perf_counter()
    for user in users:
        message, data = before[user]
        standin.people.press(user, message, data[which])
    await asyncio.wait_for(everybody.wait(), 30)
    standin.chats.on_change.remove(changed)
    return list(took.values())


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
        users = [standin.people.join(f"P{i}", language_code="de").id for i in range(people)]
        for user in users:
            standin.people.start(user, code)
        while not all(buttons(standin, user)[1] for user in users):  # noqa: ASYNC110 - nothing is measured yet
            await asyncio.sleep(0.05)
        for _ in range(2):  # language, consent
            await together(standin, users, 0)
        standin.faults.set([Fault(Kind.LATENCY, milliseconds=latency)])
        every = []
        for _ in range(rounds):
            await asyncio.sleep(0.8)
            every.append(await together(standin, users, 1))
        async with ClientSession(standin.url) as http:
            standin.faults.set([])
            began = time.perf_counter()
            async with http.get(f"/bot{TOKEN}/getMe") as answer:
                await answer.read()
            bare = 1000 * (time.perf_counter() - began)
        bot.terminate()
        await bot.wait()
    await standin.close()
    lasts = sorted(max(r) for r in every)
    print(json.dumps({
        "people": people, "latency_ms": latency, "rounds": rounds,
        "last_ms": {"median": round(statistics.median(lasts)), "worst": round(lasts[-1])},
        "each_ms": {"median": round(statistics.median(one for r in every for one in r))},
        "bare_call_ms": round(bare, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=62)
    parser.add_argument("--latency", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    asyncio.run(main(given.people, given.latency, given.rounds))
