"""A simulated person: sees only what a chat shows, acts only over HTTP to the stand-in, and is made by a seed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from aiohttp import ClientSession

from locales import base

Statements = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Plan:
    """How somebody behaves. `pace` is the shortest and longest time for one act, in seconds.

    `mood` shifts answers towards yes (1) or no (0); `leaves_after` and `deletes_after` count answers.
    """

    name: str
    language: str
    mood: float
    pace: tuple[float, float]
    leaves_after: int | None = None
    deletes_after: int | None = None


class Person:
    """One telephone. `walk` leads through one survey; the buttons are told apart by what they carry."""

    def __init__(self, http: ClientSession, plan: Plan, statements: Statements, seed: int) -> None:
        """`http` knows the stand-in's address; `statements` is what this person would say, by question."""
        self.http, self.plan, self.statements = http, plan, statements
        self.dice = Random(seed)  # noqa: S311 - a play, no secret # nosec B311
        self.user = 0
        self.answered = 0
        self._said: dict[str, int] = {}
        self._corrected = False
        self._pressed: tuple[int, str] | None = None

    async def join(self) -> None:
        """Installs the messenger, so to speak."""
        found = await self._post("/standin/users", first_name=self.plan.name, language_code=base(self.plan.language))
        self.user = found["id"]

    async def walk(self, code: str, seconds: float) -> bool:
        """Scans the code and goes on until the answers are handed in (True), or gives up (False)."""
        self.answered, self._said, self._corrected = 0, {}, False
        await self._post(f"/standin/users/{self.user}/start", parameter=code)
        version, loop = -1, asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            url = f"/standin/users/{self.user}/chat"
            async with self.http.get(url, params={"after": str(version), "wait": "2"}) as answer:
                chat = await answer.json()
            version = chat["version"]
            shown = self._shown(chat["messages"])
            if shown is None or (shown[0]["message_id"], _mark(shown)) == self._pressed:
                continue
            await asyncio.sleep(self.dice.uniform(*self.plan.pace))
            done = await self._act(*shown)
            if done is not None:
                return done
        return False

    def _shown(self, messages: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[str]] | None:
        """The last message with buttons, and what they carry."""
        for message in reversed(messages):
            if message["from"] == "bot" and not message["deleted"] and message.get("keyboard"):
                return message, [b["data"] for row in message["keyboard"] for b in row]
        return None

    async def _act(self, message: dict[str, Any], buttons: list[str]) -> bool | None:
        """One act; True when handed in, False when given up, None when there is more to do."""
        self._pressed = (message["message_id"], _mark((message, buttons)))
        by_kind: dict[str, list[str]] = {}
        for data in buttons:
            by_kind.setdefault(_kind(data), []).append(data)
        if "N" in by_kind:
            mine = [d for d in by_kind["N"] if d.endswith(f":{self.plan.language}")]
            await self._press(message, (mine or by_kind["N"])[0])
        elif "C" in by_kind:
            await self._press(message, by_kind["C"][0])
        elif "p" in by_kind or "w" in by_kind:
            if self.dice.random() < 0.2:
                await self._press(message, by_kind["w"][0])
            return True
        elif "x" in by_kind:
            await self._press(message, by_kind["x"][0])
            return False
        elif "h" in by_kind:
            if (gone := await self._leave()) is not None:
                return gone
            await self._press(message, by_kind["h"][0])
        elif "r" in by_kind:
            return await self._rate(message, by_kind)
        elif "f" in by_kind:
            return await self._speak(message, by_kind)
        elif "o" in by_kind:
            await self._press(message, by_kind["o"][-1])
        return None

    async def _rate(self, message: dict[str, Any], by_kind: Mapping[str, list[str]]) -> bool | None:
        if (gone := await self._leave()) is not None:
            return gone
        chance = self.dice.random()
        if chance < 0.02:
            await self._text("/pause")
        elif chance < 0.05 and "s" in by_kind:
            await self._press(message, by_kind["s"][0])
        elif chance < 0.08 and "b" in by_kind and not self._corrected:
            self._corrected = True
            await self._press(message, by_kind["b"][0])
        elif chance < 0.11:
            await self._text(str(1 + self._opinion(message)))
            self.answered += 1
        else:
            choice = by_kind["r"][self._opinion(message)]
            await self._press(message, choice)
            if self.dice.random() < 0.05:
                await self._press(message, choice)  # a double tap
            self.answered += 1
        return None

    def _opinion(self, message: dict[str, Any]) -> int:
        """The place of an answer on the scale: an opinion about the question, shifted by the person's mood."""
        if self.dice.random() < 0.06:
            return 4
        about = Random(message["text"].split("\n\n", 1)[-1][:60]).uniform(-0.15, 1.1)  # noqa: S311 # nosec B311
        value = 0.7 * about + 0.3 * self.plan.mood + self.dice.gauss(0, 0.15)
        return 3 - min(3, max(0, int(value * 4)))

    async def _speak(self, message: dict[str, Any], by_kind: Mapping[str, list[str]]) -> bool | None:
        if (gone := await self._leave()) is not None:
            return gone
        question = by_kind["f"][0].split(":")[3]
        choices = self.statements.get(question, ())
        said = self._said.get(question, 0)
        talks = self.dice.random() < 0.8 or not self.answered  # an empty sheet is not taken, and would be held for ever
        if talks and said < len(choices):
            self._said[question] = said + 1
            await self._text(choices[said])
            self.answered += 1
        elif said:
            await self._press(message, by_kind["f"][0])
        else:
            await self._press(message, by_kind["s"][0] if "s" in by_kind else by_kind["f"][0])
        return None

    async def _leave(self) -> bool | None:
        if self.plan.leaves_after is not None and self.answered >= self.plan.leaves_after:
            return False
        if self.plan.deletes_after is not None and self.answered >= self.plan.deletes_after:
            await self._text("/delete")
        return None

    async def _press(self, message: dict[str, Any], data: str) -> None:
        await self._post(f"/standin/users/{self.user}/press", message_id=message["message_id"], data=data)

    async def _text(self, text: str) -> None:
        await self._post(f"/standin/users/{self.user}/text", text=text)

    async def _post(self, path: str, **values: object) -> dict[str, Any]:
        async with self.http.post(path, json={k: v for k, v in values.items() if v is not None}) as answer:
            found: dict[str, Any] = await answer.json()
        return found


def _kind(data: str) -> str:
    """What kind of button it is: the letter after survey and person, or the first one before consent."""
    parts = data.split(":")
    return parts[0] if parts[0] in ("L", "N", "C") else parts[2]


def _mark(shown: tuple[dict[str, Any], list[str]]) -> str:
    """Tells one state of a message from the next."""
    return f"{shown[0]['edited']} {'|'.join(shown[1])}"
