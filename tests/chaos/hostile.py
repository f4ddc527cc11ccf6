"""Hostile input: texts made by hand, a generator of raw updates, and the storm that hands them to a receiver."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from conftest import House
from forms import Drawn, Raw, forms

from bot import notice
from bot.housekeeping import housekeeping
from bot.telegram.outcome import Outcome
from bot.words import COMMANDS
from conversations.questionnaire import Questionnaire, load
from conversations.survey import ALPHABET, Survey
from locales import languages

FULL = os.environ.get("WELTOFFEN_FULL") == "1"
SEED = int(os.environ.get("WELTOFFEN_SEED", "1"))
BATCH = 100

TEXTS = {
    # HTML
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "svg": "<svg/onload=alert(1)>",
    "closing tags": "</p></blockquote></main><h1>Kaputt</h1>",
    "comment": "<!-- weg --!> <!--",
    "cdata": "<![CDATA[ <b>fett</b> ]]>",
    "entities": "&lt;b&gt; &amp;amp; &#60;i&#62; &nbsp; &bogus;",
    "attribute": "' onmouseover='alert(1)' x=\"",
    "style": "</style><style>*{display:none}</style>",
    "css": "expression(alert(1)); } body { display: none } /*",
    "bdi": "</bdi><bdi dir=rtl>tsim</bdi>",
    "doctype": "<!DOCTYPE html [<!ENTITY x 'y'>]>&x;",
    "iframe": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "link": "javascript:alert(document.domain)",
    "data link": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    # templates
    "jinja value": "{{ 7 * 7 }}",
    "jinja class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "jinja block": "{% for x in range(10 ** 9) %}{{ x }}{% endfor %}",
    "jinja comment": "{# weg #}{% raw %}{{ 1 }}{% endraw %}",
    "jinja include": '{% include "auswertung.css" %}',
    "format": "{0} {name} {statement} {0.__class__} {} {{}}",
    "printf": "%s %d %n %x %(name)s %% %99999999d",
    "dollar": "${jndi:ldap://127.0.0.1/a} $HOME `id` $(id)",
    "typst": '#eval("1 + 1") #include "/etc/passwd" $ sum $',
    "latex": "\\input{/etc/passwd} \\write18{id} ~ ^ _ & #",
    # SQL
    "sql drop": "'; DROP TABLE answer; --",
    "sql or": "' OR '1'='1",
    "sql union": '" UNION SELECT sealed FROM address --',
    "sql comment": "eins /* */ -- ; ?1 :name @x $y",
    "sql like": "%_%' ESCAPE '\\",
    "json": '"}], "x": [{"\\u0000": "\\ud800"}]',
    # Markdown and what Telegram marks up
    "markdown": "*fett* _kursiv_ ~weg~ ||verdeckt|| `code`",
    "markdown link": "[hier](tg://user?id=42) ![x](http://x.example/y.png)",
    "markdown fence": "```python\nprint(1)\n```\n> Zitat\n# Titel\n---",
    "markdown escape": "\\*\\_\\[\\]\\(\\)\\~\\`\\>\\#\\+\\-\\=\\|\\{\\}\\.\\!",
    "unclosed": "_*[`~||",
    "mention": "@weltoffen_bot #weltoffen $EUR +49 151 00000042 a@b.example tg://resolve?domain=x",
    "slash inside": "Schreiben Sie /delete oder /digest@weltoffen_bot",
    # spreadsheets
    "formula": "=1+1",
    "formula command": "=cmd|' /C calc'!A0",
    "formula link": '=HYPERLINK("http://x.example/?"&A1,"hier")',
    "formula plus": "+1+1",
    "formula minus": "-2+3+cmd|' /C calc'!A0",
    "formula at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula after tab": "\t=1+1",
    "formula after return": "\r=1+1",
    "formula full width": "＝1+1",
    "separators": 'eins;zwei,drei\tvier"fünf""sechs',
    # Unicode
    "zalgo": "Z" + "\u0351\u0489\u0328\u034e\u0356" * 60 + "algo",
    "bidi override": "abc\u202edcba\u202c",
    "bidi isolates": "\u2066links\u2067rechts\u2069\u2069\u2069 \u2068offen",
    "bidi marks": "\u200e\u200f\u061cRichtung",
    "lone high": "vorher \ud800 nachher",
    "lone low": "vorher \udfff nachher",
    "surrogates swapped": "\udc00\ud800",
    "nul": "vor\0nach",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f" + "".join(map(chr, range(0x80, 0xA0))) + " Ende",
    "escape": "\x1b[31mrot\x1b[0m\x1b]0;Titel\x07\x1b[2J",
    "csi": "\x9b31mrot \x9d0;Titel\x9c",
    "backspace": "geheim\b\b\b\b\b\boffen",
    "zero width": "w\u200be\u200cl\u200dt\u2060\ufeffoffen",
    "tags": "Flagge \U000e0067\U000e0062\U000e007f Ende",
    "private use": "\ue000\U000f0000\U0010fffd",
    "noncharacters": "\ufffe\uffff\U0001ffff\ufdd0",
    "line separators": "eins\u2028zwei\u2029drei\x85vier\x0bfünf\x0csechs",
    "carriage return": "eins\r\nzwei\rdrei\n\nvier",
    "emoji family": "👩🏽‍👩🏿‍👧🏻‍👦🏾" * 20,
    "ligature": "\ufdfa" * 40,
    "arabic": "هنا مكان جيد للجميع؟ ١٢٣",
    "mixed": "Amt مكتب бюро 役所 ऑफिस",
    "homoglyphs": "јa nеin ｊａ ⓙⓐ 𝕛𝕒",
    "digits": "① ² ३ ٤ 五 Ⅵ ７",
    "spaces": "\u00a0\u2003\u3000 weit \u00a0\u2003\u3000",
    "replacement": "\ufffd\ufffc",
    # size and form
    "2000 characters": "x" * 2000,
    "2001 characters": "x" * 2001,
    "4096 emoji": "🐤" * 4096,
    "100 kB": "y" * 100_000,
    "100 kB of marks": "e" + "\u0301" * 50_000,
    "one long word": "Donaudampfschifffahrt" * 90,
    "many lines": "a\n" * 900 + "Ende",
    "deep brackets": "[" * 900 + "]" * 900,
    "path": "../../../../etc/passwd",
    "log line": "ok\nERROR weltoffen.receive: update 1 set aside",
    "separator of buttons": "aaaaaa:1:r:1.1:1:1",
    "python": "__import__('os').system('id')",
    "pickle": "cos\nsystem\n(S'id'\ntR.",
    "quotation": "„“”‚‘’«»\"'`´",
}  # fmt: skip


def unwanted(text: str) -> list[str]:
    """Characters that no kept text may hold: controls but the line feed, marks that turn a line round, surrogates."""
    turning = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF}
    return [
        hex(n) for n in map(ord, text) if (n < 32 and n != 10) or 127 <= n < 160 or n in turning or 0xD800 <= n < 0xE000
    ]


WORDS = ["ja", "eher nein", "5", "٣", "–", "✔️", "fertig", "zurück", "überspringen", "yes", "نعم", "", " ", "Im Verein."]
OTHER_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
ODD = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    -(2**63),
    2**63 - 1,
    0.5,
    -0.0,
    "",
    "5",
    "\ud800",
    "x" * 5000,
    [],
    {},
    [[]],
    {"id": 1},
]
WIDER = [2**63, -(2**63) - 1, 2**70, -(10**40), 1e308]
OTHER_KINDS = ["channel_post", "edited_message", "edited_channel_post", "business_message", "guest_message"]


@dataclass
class Place:
    """What can be aimed at: a survey's codes, the versions of its notices, its questions."""

    survey: Survey
    questionnaire: Questionnaire

    def __post_init__(self) -> None:
        voices = self.survey.voices
        self.codes = [self.survey.codes[v] for v in voices]
        self.notices = [notice.version(self.survey, self.questionnaire, v) for v in voices]
        self.questions = [q.id for q in self.questionnaire.questions]


@dataclass
class Generator:
    """Draws raw updates; beside each, whether it has Telegram's form.

    `wide`: also numbers that do not fit in 64 bits, and texts where a number or a language stands.
    """

    dice: Random
    users: Sequence[int]
    places: Sequence[Place]
    shown: dict[int, list[str]] = field(default_factory=dict)  # by chat: what the buttons on its screen carry
    number: int = 1_000

    def __post_init__(self) -> None:
        self.texts = [*TEXTS.values(), *WORDS]
        short = [t for t in self.texts if len(t) < 300]
        self.drawn = Drawn(self.dice, self.person, self.anywhere, short)
        self.kinds = forms().kinds()
        self.commands = [*COMMANDS, "status", "digest", "stop", "START", "", "start@weltoffen_bot", "\ud800", "x" * 300]
        self.last: Raw = {"update_id": 1}
        self.ways = (
            [self.presses] * 30 + [self.writes] * 25 + [self.formed] * 20 + [self.broken] * 15 + [self.sends] * 10
        )
        self.ways += [self.blocks, self.again]

    def batch(self, size: int = BATCH) -> tuple[list[Raw], set[int]]:
        """So many updates, and the numbers of those that have Telegram's form."""
        made = [self.dice.choice(self.ways)() for _ in range(size)]
        return [raw for raw, _ in made], {raw["update_id"] for raw, sound in made if sound}

    # ---- who and where --------------------------------------------------------------------------------------------

    def person(self) -> Raw:
        """Somebody, with names as people choose them."""
        dice = self.dice
        language = dice.choice(["de", "en-GB", "ar", "xx", "", "de_AT", "\u202ede", "x" * 40])
        return {"id": dice.choice(self.users), "is_bot": dice.random() < 0.02, "first_name": dice.choice(WORDS),
                "language_code": language}  # fmt: skip

    def anywhere(self) -> Raw:
        """A chat of any sort."""
        sort = self.dice.choice(["group", "supergroup", "channel", "private"])
        number = self.dice.choice(self.users) if sort == "private" else -self.dice.randrange(1, 1 << 42)
        return {"id": number, "type": sort, "title": self.dice.choice(WORDS)}

    def update(self, **body: Any) -> Raw:
        """An update with the next number."""
        self.number += 1
        self.last = {"update_id": self.number, **body}
        return self.last

    def message(self, **content: Any) -> Raw:
        """A message of somebody in the own chat."""
        person = self.person()
        chat = {"id": person["id"], "type": "private", "first_name": person["first_name"]}
        return {
            "message_id": self.dice.randrange(1, 1 << 31),
            "date": 1_800_000_000,
            "from": person,
            "chat": chat,
            **content,
        }

    # ---- what comes -----------------------------------------------------------------------------------------------

    def presses(self) -> tuple[Raw, bool]:
        """A press: mostly on a button that is there, else on a forged one."""
        dice, shown = self.dice, self.message(text="…")
        person = shown["from"]
        there = self.shown.get(person["id"])
        data = dice.choice(there) if there and dice.random() < 0.5 else self.data()
        if dice.random() < 0.15:
            data = self.bent(data)
        query: Raw = {
            "id": str(dice.getrandbits(62)),
            "from": person,
            "chat_instance": "1",
            "data": data,
            "message": shown,
        }
        match dice.randrange(40):
            case 0:
                del query["message"]
                query["inline_message_id"] = "x"
            case 1:
                del query["data"]
                query["game_short_name"] = "x"
            case 2:
                shown["chat"] = self.anywhere() | {"type": dice.choice(["group", "supergroup", "channel"])}
            case 3:
                query["message"] = {"chat": shown["chat"], "message_id": 9, "date": 0}
            case 4:
                query["from"] = person | {"is_bot": True}
        return self.update(callback_query=query), True

    def data(self) -> str:
        """Data as a button carries them, with everything in them possibly wrong."""
        dice, place = self.dice, self.dice.choice(self.places)
        person, code = (
            dice.choice("1111112345690"),
            dice.choice([*place.codes, self.code()] if dice.random() < 0.1 else place.codes),
        )
        language = dice.choice([*languages(), "xx"])
        question = dice.choice([*place.questions, "9.9", "o1", "field"])
        head = f"{place.survey.id}:{person}"
        match dice.randrange(12):
            case 0:
                return f"L:{code}:{person}"
            case 1:
                return f"N:{code}:{person}:{language}"
            case 2:
                return f"C:{code}:{person}:{language}:{dice.choice([*place.notices, 'deadbeef'])}"
            case 3 | 4:
                return f"{head}:r:{question}:{dice.randrange(60)}:{dice.randrange(7)}"
            case 5 | 6:
                return f"{head}:{dice.choice('sfdkb')}:{question}:{dice.randrange(60)}"
            case 7:
                return f"{head}:i:{question}"
            case 8 | 9:
                at = dice.choice(
                    ["question", "review", "field", "settings", "language", "paused", "delete", "thanks", "x"]
                )
                return f"{head}:o:{at}" + dice.choice(["", f":{question}", ":1", ":open"])
            case 10:
                return f"{head}:l:{language}" if dice.random() < 0.5 else f"{head}:e:{dice.randrange(3)}"
            case _:
                return f"{head}:{dice.choice(['h', 'w', 'm', 'p', 'x', 'xa', 'zz'])}"

    def bent(self, data: str) -> str:
        """Data with something in them changed."""
        dice = self.dice
        match dice.randrange(7):
            case 0 if data:
                at = dice.randrange(len(data))
                return data[:at] + chr(ord(data[at]) ^ (1 << dice.randrange(7))) + data[at + 1 :]
            case 1:
                return data.translate(dice.choice([OTHER_DIGITS, WIDE_DIGITS]))
            case 2:
                return (data + ":" + "9" * 64)[:64]
            case 3:
                return data.upper() if dice.random() < 0.5 else data[::-1]
            case 4:
                return data + dice.choice(["\n", "\0", " ", "\u202e", "\ud800", "é", ":"])
            case 5:
                return dice.choice(self.texts)[:64]
            case _:
                parts = data.split(":")
                dice.shuffle(parts)
                return ":".join(parts)

    def code(self) -> str:
        """A code that is none."""
        return "".join(self.dice.choices(ALPHABET, k=8))

    def writes(self) -> tuple[Raw, bool]:
        """Something written: a text, a command, a code; here or elsewhere, edited, forwarded, by way of a bot."""
        dice = self.dice
        match dice.randrange(20):
            case 0 | 1 | 2:
                text = f"/{dice.choice(self.commands)}"
                text += dice.choice(["", " ", " x", f" {self.dice.choice(self.texts)[:64]}"])
            case 3:
                text = f"/start {dice.choice(dice.choice(self.places).codes)}"
            case 4:
                text = dice.choice(
                    ["/start org-", "/start org-x", "/start org-\ud800", f"/start {self.code()}", self.code()]
                )
            case _:
                text = dice.choice(self.texts)
        said = self.message(text=text)
        match dice.randrange(20):
            case 0:
                said["chat"] = self.anywhere() | {"type": dice.choice(["group", "supergroup", "channel"])}
            case 1:
                said["forward_origin"] = {"type": "user", "date": 1, "sender_user": self.person()}
            case 2:
                said["via_bot"] = {"id": 7, "is_bot": True, "first_name": "x"}
            case 3:
                del said["from"]
            case 4:
                said["quote"] = {"text": dice.choice(self.texts), "position": 0}
            case 5:
                return self.update(**{dice.choice(OTHER_KINDS): said}), True
        return self.update(message=said), True

    def sends(self) -> tuple[Raw, bool]:
        """Anything but a text."""
        content = self.drawn.thing("Message", 2)
        for name in ("message_id", "date", "from", "chat", "text"):
            content.pop(name, None)
        kind = "edited_message" if self.dice.random() < 0.2 else "message"
        return self.update(**{kind: self.message(**content)}), True

    def formed(self) -> tuple[Raw, bool]:
        """An update of any kind, drawn field by field."""
        kind = self.dice.choice(self.kinds)
        body = self.drawn.thing(kind.type)
        for one in (body, body.get("message")):  # a private chat is that of whoever writes or presses
            if isinstance(one, dict) and isinstance(one.get("chat"), dict) and one["chat"].get("type") == "private":
                sender = body if one is not body else one
                if "from" in sender:
                    one["chat"]["id"] = sender["from"]["id"]
        if kind.name == "my_chat_member":
            body["new_chat_member"]["status"] = self.dice.choice(["member", "left", "kicked", "restricted"])
        return self.update(**{kind.name: body}), True

    def blocks(self) -> tuple[Raw, bool]:
        """Somebody blocks the bot, or lets it in again."""
        one, bot = self.message(), {"id": 42, "is_bot": True, "first_name": "x"}
        new = {"user": bot, "status": self.dice.choice(["kicked", "member"])}
        change = {"chat": one["chat"], "from": one["from"], "date": 1, "old_chat_member": new, "new_chat_member": new}
        return self.update(my_chat_member=change), True

    def again(self) -> tuple[Raw, bool]:
        """The last update once more."""
        return self.last, False

    def broken(self) -> tuple[Raw, bool]:
        """An update in which something is missing, of the wrong type, too much, or nested without end."""
        dice = self.dice
        raw, _ = dice.choice([self.presses, self.writes, self.formed, self.sends, self.blocks])()
        raw = copied(raw)
        for _ in range(dice.randrange(1, 4)):
            holders = [h for h in containers(raw) if h]
            holder = dice.choice(holders[:12])
            at: Any = dice.choice(list(holder)) if isinstance(holder, dict) else dice.randrange(len(holder))
            if at == "update_id":
                continue
            match dice.randrange(5):
                case 0:
                    del holder[at]
                case 1 | 2:
                    holder[at] = dice.choice(ODD if dice.random() < 0.8 else WIDER)
                case 3:
                    holder[at] = nested(dice.randrange(200))
                case _ if isinstance(holder, dict):
                    holder[dice.choice(["", "from", "extra", "\ud800", "message_id"])] = dice.choice(ODD)
        return raw, False


def copied(value: Any) -> Any:
    """A copy of plain values, all the way down."""
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return [copied(v) for v in value] if isinstance(value, list) else value


def containers(raw: Raw) -> list[Any]:
    """An update and whatever holds something in it, from the outside in."""
    found: list[Any] = [raw]
    for holder in found:
        for value in holder.values() if isinstance(holder, dict) else holder:
            if isinstance(value, dict | list):
                found.append(value)
    return found


def nested(depth: int) -> Any:
    """Lists and objects within each other."""
    value: Any = 0
    for i in range(depth):
        value = [value] if i % 2 else {"message": value}
    return value


# ---- the storm ----------------------------------------------------------------------------------------------------


@dataclass
class Damage:
    """What a storm did that must not happen, and what it cost."""

    updates: int = 0
    raised: Counter[str] = field(default_factory=Counter)  # batches that the receiver did not take, by kind of error
    set_aside: Counter[str] = field(default_factory=Counter)  # sound updates that were not handled, by kind of error
    unreadable: int = 0  # updates without Telegram's form that were set aside
    said: int = 0
    shown: int = 0
    deleted: int = 0  # times somebody deleted what there was
    seconds: float = 0.0
    memory: list[int] = field(default_factory=list)  # kB at each quarter

    def figures(self) -> dict[str, Any]:
        """The figures to print."""
        return {"updates": self.updates, "raised": dict(self.raised), "set_aside": dict(self.set_aside),
                "unreadable": self.unreadable, "said": self.said, "shown": self.shown,
                "deleted": self.deleted,
                "rate": round(self.updates / max(self.seconds, 1e-9)), "kB_at_quarters": self.memory}  # fmt: skip


def resident() -> int:
    """The memory of this process in kB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing is logged: what a test collects of it would be taken for growing memory."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


async def storm(house: House, generator: Generator, updates: int) -> Damage:
    """Hands so many updates to the receiver in batches; time goes on, and what is old is dropped as in the process."""
    damage, sound = Damage(), set[int]()
    questionnaires, batches = load(), -(-updates // BATCH)
    began = time.perf_counter()
    with silence():
        for i in range(batches):
            batch, formed = generator.batch()
            sound |= formed
            damage.updates += len(batch)
            _note(damage, generator, await _handled(house, batch, damage))
            house.clock.now += 100
            if i % 50 == 49 or i == batches - 1:
                await _judge(house, damage, sound)
                sound.clear()
                house.clock.now += 3 * 86_400
                await housekeeping(house.store, questionnaires, house.clock.moment, steps=True, thorough=True)
            if i * 4 // batches != (i + 1) * 4 // batches:
                damage.memory.append(resident())
    damage.seconds = time.perf_counter() - began
    return damage


async def _handled(house: House, batch: list[Raw], damage: Damage) -> list[Outcome]:
    """What follows from a batch; as in the process each update is tried alone where the batch is not taken."""
    try:
        return [await house.receiver.handle(batch)]
    except Exception as error:
        damage.raised[f"{type(error).__name__}: {error}"[:100]] += 1
    found = []
    for raw in batch:
        try:
            found.append(await house.receiver.handle([raw]))
        except Exception as error:
            await house.receiver.set_aside(raw, error)
    return found


def _note(damage: Damage, generator: Generator, outcomes: list[Outcome]) -> None:
    """Remembers the buttons that people see now."""
    for outcome in outcomes:
        damage.said += len(outcome.passing)
        damage.shown += len(outcome.due)
        damage.deleted += len(outcome.forgotten)
        views = [(due.chat, due.view) for due in outcome.due] + [(p.chat, p.view) for p in outcome.passing if p.view]
        for chat, view in views:
            if view.rows and chat > 0:
                generator.shown[chat] = [b.data for row in view.rows for b in row]


async def _judge(house: House, damage: Damage, sound: set[int]) -> None:
    """Takes down what was set aside since the last time."""
    for number, error in await house.rows("SELECT id, error FROM trouble"):
        if number in sound:
            damage.set_aside[error] += 1
        else:
            damage.unreadable += 1
    await house.store.write(lambda tx: tx.execute("DELETE FROM trouble"))
