"""Whole conversations as a colleague would write them, through read, advance, store and back, view at every step.

A transcript is a text file: its first line says `questionnaire voice language`, lines that begin with `>` are what a
person does (`> [label]` presses a button, `> /summary` and other lines are typed), all others are what the bot shows:
`+` a new message, `~` the same message changed, `!` a passing answer to a press. UPDATE=1 rewrites them.
"""

from __future__ import annotations

import os
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from bot.communes import TEMPLATE
from bot.identity import Key
from bot.telegram.receive import Outcome, Receiver
from bot.view import View
from conversations.questionnaire import Voice, latest, load
from conversations.store import open_store, surveys
from conversations.survey import SMALLEST_GROUP, Survey, commune

FOLDER = Path(__file__).parent / "transcripts"
CODE, USER = "ABCD2345", 7_000_000
FSI, PDI = "\u2068", "\u2069"


class Desk:
    """One telephone: what it shows, and how its presses and words reach the bot."""

    def __init__(self, receiver: Receiver, language: str) -> None:
        self.receiver, self.language = receiver, language
        self.number, self.now = 0, 1_790_000_000.0
        self.messages: dict[int, View] = {}
        self.screens: dict[str, int] = {}
        self.lines: list[str] = []

    def _raw(self, body: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        return {"update_id": self.number, **body}

    def _person(self) -> dict[str, Any]:
        return {"id": USER, "is_bot": False, "first_name": "Canary", "language_code": self.language}

    async def act(self, line: str) -> None:
        """One line of the transcript."""
        self.now += 1.0
        self.receiver.clock = lambda: self.now
        chat = {"id": USER, "type": "private", "first_name": "Canary"}
        if line.startswith("[") and line.endswith("]"):
            message, data = self._button(line[1:-1])
            inner = {"message_id": message, "date": 1, "chat": chat, "text": "x"}
            query = {"id": f"q{self.number}", "from": self._person(), "chat_instance": "1", "message": inner,
                     "data": data}  # fmt: skip
            raw = self._raw({"callback_query": query})
        else:
            what = {"sticker": _STICKER} if line == "(sticker)" else {"text": line}
            message = len(self.messages) + 1
            self.messages[message] = View(line)
            raw = self._raw(
                {"message": {"message_id": message, "date": 1, "chat": chat, "from": self._person(), **what}}
            )
        self._show(await self.receiver.handle([raw]))

    def _button(self, label: str) -> tuple[int, str]:
        for number, shown in sorted(self.messages.items(), reverse=True):
            for row in shown.rows:
                for button in row:
                    if button.label.replace(FSI, "").replace(PDI, "") == label:
                        return number, button.data
        raise AssertionError(f"no button [{label}] in sight")

    def _show(self, outcome: Outcome) -> None:
        for word in outcome.passing:
            if word.callback is not None:
                if word.view is not None:
                    self._write("!", word.view)
            elif word.edit is not None and word.view is not None:
                self.messages[word.edit] = word.view
                self._write("~", word.view)
            elif word.view is not None:
                self.messages[len(self.messages) + 1] = word.view
                self._write("+", word.view)
        for due in outcome.due:
            old = self.screens.get(due.respondent)
            if old is None or due.bottom:
                if old is not None:
                    self.messages[old] = View(self.messages[old].text)
                self.screens[due.respondent] = len(self.messages) + 1
            self.messages[self.screens[due.respondent]] = due.view
            self._write("~" if old is not None and not due.bottom else "+", due.view)
        for gone in outcome.forgotten:
            self.lines.append(f"(deleted: {len(gone.messages)} messages)")

    def _write(self, sign: str, shown: View) -> None:
        text = shown.text.replace(FSI, "").replace(PDI, "").split("\n")
        self.lines += [f"{sign} {text[0]}", *(f"  {line}".rstrip() for line in text[1:])]
        for row in shown.rows:
            self.lines.append("    " + " ".join(f"[{b.label.replace(FSI, '').replace(PDI, '')}]" for b in row))


_STICKER = {
    "file_id": "a", "file_unique_id": "a", "width": 1, "height": 1, "is_animated": False, "is_video": False,
    "type": "regular",
}  # fmt: skip


async def walked(tmp_path: Path, head: str, acts: list[str]) -> str:
    """The transcript that these acts lead to."""
    name, voice, language = head.removeprefix("# ").split()
    questionnaires = load()
    asked = latest(questionnaires, name)
    asks = commune(TEMPLATE)
    survey = Survey(
        "survey", 1, asks, asked.name, (Voice(voice),), {Voice(voice): CODE},
        {Voice(voice): SMALLEST_GROUP[Voice(voice)]}, salt=b"salt",
    )  # fmt: skip
    async with await open_store(tmp_path / "w.db", create=True) as store:

        def unit(tx: Connection) -> None:
            surveys.commune_id(tx, asks.name)
            surveys.add(tx, survey, TEMPLATE, "2026-09-20")

        await store.write(unit)
        desk = Desk(Receiver(store, Key(b"k" * 32), questionnaires, lambda: 0.0), language)
        desk.lines.append(head)
        for act in acts:
            desk.lines += ["", f"> {act}"]
            await desk.act(act.replace("CODE", CODE))
    return "\n".join(desk.lines) + "\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda p: p.stem)
async def test_transcript(path: Path, tmp_path: Path) -> None:
    text = path.read_text("utf-8")
    lines = text.splitlines()
    found = await walked(tmp_path, lines[0], [line[2:] for line in lines if line.startswith("> ")])
    if os.environ.get("UPDATE"):
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")
