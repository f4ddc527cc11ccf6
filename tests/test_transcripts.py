"""Whole conversations as a colleague would write them, through read, advance, store and back, view at every step.

A transcript is a text file: its first line says `questionnaire voice language`, lines that begin with `>` are what a
person does (`> [label]` presses a button, `> /summary` and other lines are typed), all others are what the bot shows:
`+` a new message, `~` the same message changed, `!` a passing answer to a press. UPDATE=1 rewrites them.
With an institution's questionnaire the person is a contributor, LINK its one-time link, and some lines are steps of the
coordinator: `> (given 1.1 1.m)`, `> (decided 1.1.1 no Grund)`, `> (rest decided)`, `> (presented)`, `> (signed)`; the
letters that follow are shown after them.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from bot import organising
from bot.communes import TEMPLATE
from bot.identity import Key
from bot.statement import steps
from bot.statement.seat import INVITE
from bot.telegram.receive import Outcome, Receiver
from bot.view import View, packed
from conversations.questionnaire import Questionnaire, Voice, latest, load
from conversations.store import Store, open_store, post, surveys
from conversations.survey import SMALLEST_GROUP, Survey, commune

FOLDER = Path(__file__).parent / "transcripts"
CODE, USER = "ABCD2345", 7_000_000
NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
CLOSES = datetime(2026, 12, 18, 17, tzinfo=UTC)
FSI, PDI = "\u2068", "\u2069"


class Town:
    """The coordinator of an institution's survey, whose steps change what a contributor is asked and written."""

    def __init__(self, store: Store, survey: Survey, asked: Questionnaire) -> None:
        self.store, self.survey, self.asked = store, survey, asked
        self.contributor = ""

    def _town(self, tx: Connection) -> steps.Town:
        return steps.town(tx, self.survey, self.asked)

    async def invite(self) -> str:
        """Names the contributor; gives the parameter of its link."""

        def unit(tx: Connection) -> str:
            one, token = steps.invite(tx, self._town(tx), "Dezernat II", "Personalamt", None, NOW, "Koordination")
            self.contributor = one.id
            return f"{INVITE}{token}"

        return await self.store.write(unit)

    async def step(self, line: str) -> list[str]:
        """One step of the coordinator; gives the messages of the letters that go out."""
        await self.store.write(lambda tx: self._step(tx, *line.strip("()").split(maxsplit=3)))
        return await self.store.write(self._letters)

    def _step(self, tx: Connection, verb: str, *rest: str) -> None:
        town = self._town(tx)
        match verb, rest:
            case "given", names:
                steps.assign(tx, town, self.contributor, names, NOW, "Koordination")
            case "decided", (question, answer, reason):
                steps.decide(tx, town, question, answer, reason, NOW, "Koordination")
            case "rest", _:
                for question in town.open:
                    text = "cannot-say" if self.asked.by_id[question].rating else "Dazu ist nichts bekannt."
                    steps.decide(tx, town, question, text, "Niemand wurde gefragt.", NOW, "Koordination")
            case "presented", ():
                steps.present(tx, town, NOW, "Koordination")
            case "signed", ():
                steps.sign(tx, town, "Der Oberbürgermeister", NOW)
            case _:
                raise AssertionError(verb)

    def _letters(self, tx: Connection) -> list[str]:
        waiting = post.letters(tx, int(NOW.timestamp()), 100)
        texts = [organising.letter_text(tx, letter, load()) for letter in waiting]
        post.drop_letters(tx, [letter.id for letter in waiting])
        return [message for text in texts if text for message in packed(text.split("\n\n"))]


class Desk:
    """One telephone: what it shows, and how its presses and words reach the bot."""

    def __init__(self, receiver: Receiver, language: str, town: Town) -> None:
        self.receiver, self.language, self.town = receiver, language, town
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
        if line.startswith("(") and line != "(sticker)":
            for text in await self.town.step(line):
                self.messages[len(self.messages) + 1] = View(text)
                self._write("+", View(text))
            return
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
        {Voice(voice): SMALLEST_GROUP[Voice(voice)]}, salt=b"salt", closes=CLOSES if asked.institution else None,
    )  # fmt: skip
    async with await open_store(tmp_path / "w.db", create=True) as store:

        def unit(tx: Connection) -> None:
            surveys.commune_id(tx, asks.name)
            surveys.add(tx, survey, TEMPLATE, "2026-09-20")

        await store.write(unit)
        town = Town(store, survey, asked)
        link = await town.invite() if asked.institution else ""
        desk = Desk(Receiver(store, Key(b"k" * 32), questionnaires, lambda: 0.0), language, town)
        desk.lines.append(head)
        for act in acts:
            desk.lines += ["", f"> {act}"]
            await desk.act(act.replace("CODE", CODE).replace("LINK", link))
    return "\n".join(desk.lines) + "\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda p: p.stem)
async def test_transcript(path: Path, tmp_path: Path) -> None:
    text = path.read_text("utf-8")
    lines = text.splitlines()
    found = await walked(tmp_path, lines[0], [line[2:] for line in lines if line.startswith("> ")])
    if os.environ.get("UPDATE"):
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")
