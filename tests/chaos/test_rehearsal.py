"""A whole statement rehearsed over HTTP and files, the bot killed in every phase: nothing lost, nothing twice.

Dessau-Roßlau's long form (../dessau.py): a coordinator in the chat and on the command line, eight offices of five
departments, three of them by spreadsheet; two disagreements, a referral that leads to a re-assignment, a Stellungnahme,
two signed versions, the end. The dice (WELTOFFEN_SEED) choose when the bot dies, and at which point once more.
"""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from dessau import TEXTS, answers, asked, case
from harness import SEED, TOKEN
from launch import Launcher
from rehearsal import Coordinator, Office, Town, Wanted, fill
from test_dessau import COVERAGE, LEVELS, MARKS, TWELVE, VALUES
from test_report import visible
from test_statement_report import SLIPS

from bot.standin.server import start
from conversations.conversation import FINISHED, REFERRED, SKIPPED
from conversations.questionnaire import chosen

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
CHAT, SHEETS = (0, 2, 3, 4, 6), (1, 5, 7)
PHASES = ("inviting", "answering", "referral", "handing in", "deciding", "presenting", "commenting", "signing")
SIGNS, COORDINATOR = "Oberbürgermeister", "Koordination"
DIFFERENT = {(3, "1.3.2"): "yes", (7, "6.1.1"): "rather-yes"}  # where the office 0 says what the town says in the end
REFERRED_BY, ASKED_INSTEAD, REFERRAL = 6, 2, "5.2.2"
WHOM = "Amt für Stadtentwicklung"
DECIDED = {
    "1.3.2": ("yes", "Das Wirtschaftsdezernat kennt die Vergaben."),
    "6.1.1": ("yes", "Die Feste sind belegt, auch für Menschen mit Behinderung."),
}  # fmt: skip
CORRECTED = ("rather-yes", "Nach der Stellungnahme noch einmal geprüft: nicht in allen Ämtern.")
IN_CHAT = {"1.3.2": "ja", "1.4.2": "nicht bearbeitet"}
CHOICE = (["1", "4", "5", "7"], "Dort fehlen Zahlen und Partner.")
COMMENT = "Die Sportvereine sehen das anders: Ihre Ehrenamtlichen kommen aus vielen Ländern."
EVIDENCE = {
    (0, "1.3.2"): ["Vergaberichtlinie von 2019"], (3, "1.3.2"): ["Leitfaden für Beschaffungen", "Schulung im Mai"],
    (1, "4.1.1"): ["Fortbildungsliste 2020"], (2, "2.4.1"): ["Belegungsplan"], (4, "5.1.4"): ["Statistik der Vereine"],
    (6, "2.1.1"): ["Sozialbericht"], (7, "7.2.1"): ["Protokoll des Beirats"],
}  # fmt: skip
LONG = [
    "Ein Willkommenskompass in vier Sprachen.",
    "Abgestimmte Sprachkurse.",
    " ".join(["Wohnungen statt Unterkünfte."] * 120),
]
LETTERS = {  # how they begin, and to whom they go
    "part": ("Für Ihre Stelle (", [ASKED_INSTEAD]),
    "presented": ("Die Antworten der Kommune zu Ihrem Teil stehen fest.", CHAT),
    "signed 1": (f"Die Erklärung von Musterstadt ist unterschrieben, Fassung 1: {SIGNS}", CHAT),
    "signed 2": (f"Die Erklärung von Musterstadt ist unterschrieben, Fassung 2: {SIGNS}", CHAT),
}  # fmt: skip


def title(number: int) -> str:
    """An office as lists name it."""
    one = case()["contributor"][number]
    return f"{one['department']}, {one['function']}"


def part(number: int) -> list[str]:
    """The questions an office is given at first, in the order in which they are asked."""
    every = {q for name in case()["contributor"][number]["parts"] for q in chosen(asked(), name)}
    return [q.id for q in asked().questions if q.id in every]


def wanted(number: int) -> Wanted:
    """What an office says."""
    mine, town = part(number), answers()
    texts = {q: [text.strip()] for q, text in TEXTS.items() if q in mine} | ({"2.m": LONG} if number == 6 else {})
    texts |= {q: told for (who, q), told in EVIDENCE.items() if who == number}
    found = {q: town.get(q, FINISHED if q in texts else SKIPPED) for q in mine}
    if number in SHEETS:
        found = {q: v for q, v in found.items() if q in town or v == FINISHED}
    found |= {q: v for (who, q), v in DIFFERENT.items() if who == number}
    if number == REFERRED_BY:
        return Wanted({**found, REFERRAL: REFERRED}, texts, {REFERRAL: WHOM})
    return Wanted({**found, REFERRAL: town[REFERRAL]} if number == ASKED_INSTEAD else found, texts)


# ---- the story --------------------------------------------------------------------------------------------------


class Story:
    """The rehearsal from opening to end; remembers what was done on purpose."""

    def __init__(self, town: Town) -> None:
        self.town, self.offices = town, dict[int, Office]()
        self.journal: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self.coordinator = Coordinator(town, "Koordination")

    def note(self, who: str, step: str, subject: str, before: str = "", after: str = "") -> None:
        """One line that the journal must have."""
        self.journal[who].append((step, subject, before, after))

    async def open(self) -> None:
        """The survey is open, the coordinator is in, the bot runs."""
        town, file = self.town, self.town.folder / "stadt.toml"
        await town.run("commune", "init", file)
        found = await town.json("survey", "open", "selbstcheck", "--commune", file, "--yes", "--closes", "2099-01-01")
        self.survey = str(found["survey"])
        await town.begin()
        await self.coordinator.enter((await town.json("organiser", "invite", "--commune", file))["start"])

    async def invite(self) -> None:
        """All eight are named and have their parts: the first one in the chat; five come in by their links."""
        first, *rest = case()["contributor"]
        links, number = {}, 1
        links[0], number = await self.coordinator.name(first["department"], first["function"])
        self.note(COORDINATOR, "contributor", title(0))
        for _ in range(number):
            self.note(COORDINATOR, "link", title(0))
        await self.coordinator.give(title(0), "1", "1.2")
        self.note(COORDINATOR, "assign", title(0), after="1.2.1, 1.2.2, 1.2.3, 1.2.4")
        for i, one in enumerate(rest, 1):
            named = await self.town.json("statement", "contributor", "add", self.survey, "--department",
                                         one["department"], "--function", one["function"])  # fmt: skip
            self.note(COORDINATOR, "contributor", title(i))
            self.note(COORDINATOR, "link", title(i))
            links[i] = named["start"]
        for i, one in enumerate(case()["contributor"]):
            given = await self.town.json("statement", "assign", self.survey, title(i), *one["parts"])
            self.note(COORDINATOR, "assign", title(i), after=", ".join(given["assigned"]))
            assert len(given["assigned"]) == len(part(i)) - (4 if i == 0 else 0)
        self.offices = {i: Office(self.town, f"Stelle {i}") for i in CHAT}
        await asyncio.gather(*(office.join(links[i]) for i, office in self.offices.items()))

    async def answer(self) -> None:
        """Five answer at the same time; the sheets of the others go out."""
        out = self.town.run("statement", "sheet", self.survey, "--all", "-o", "boegen")
        await asyncio.gather(out, *(
            office.answer(wanted(i), until=REFERRAL if i == REFERRED_BY else "") for i, office in self.offices.items()
        ))  # fmt: skip
        for i in CHAT:
            self.note(title(i), "join", title(i))
            for q in part(i):
                if i != REFERRED_BY or q < REFERRAL:
                    self._answered(i, q)

    def _answered(self, number: int, question: str) -> None:
        """What an answer in the chat leaves in the journal: every text by itself, then the answer."""
        said, texts = wanted(number), wanted(number).texts.get(question, [])
        for before, after in pairwise(["", *("\n\n".join(texts[: n + 1]) for n in range(len(texts)))]):
            self.note(title(number), "text", question, before, after)
        self.note(title(number), "answer", question, "", said.answers[question])
        if question in said.referrals:
            self.note(title(number), "text", question, "", said.referrals[question])

    async def refer(self) -> None:
        """One office does not know and says who may; that one had handed in, is given the question, and answers it."""
        one, other = self.offices[REFERRED_BY], self.offices[ASKED_INSTEAD]
        await other.hand_in()
        self.note(title(ASKED_INSTEAD), "hand-in", "10/10")
        await one.answer(wanted(REFERRED_BY))
        for q in part(REFERRED_BY)[part(REFERRED_BY).index(REFERRAL) :]:
            self._answered(REFERRED_BY, q)
        await one.hand_in()
        self.note(title(REFERRED_BY), "hand-in", "22/22")
        await self.coordinator.sees_referral(REFERRAL, WHOM)
        await self.town.run("statement", "assign", self.survey, title(ASKED_INSTEAD), REFERRAL)
        self.note(COORDINATOR, "assign", title(ASKED_INSTEAD), after=REFERRAL)
        await other.until(lambda: other.letters(LETTERS["part"][0]) > 0)

    async def hand_in(self) -> None:
        """The others hand in: three in the chat, three by spreadsheet; and the one that was asked again."""
        again = self.offices[ASKED_INSTEAD]
        again.write("/start")
        await again.until(lambda: again.screen is not None and again.screen.question == REFERRAL)
        await again.answer(wanted(ASKED_INSTEAD))
        self.note(title(ASKED_INSTEAD), "answer", REFERRAL, "", answers()[REFERRAL])
        everybody = [self.offices[i].hand_in() for i in (ASKED_INSTEAD, 0, 3, 4)]
        for i in (ASKED_INSTEAD, 0, 3, 4):
            self.note(title(i), "hand-in", f"{len(wanted(i).answers)}/{len(wanted(i).answers)}")
        await asyncio.gather(self._return_sheets(), *everybody)

    async def _return_sheets(self) -> None:
        found = (await self.town.json("statement", "contributor", "list", self.survey))["contributors"]
        for i in SHEETS:
            (path,) = (self.town.folder / "boegen").glob(f"*-{found[i]['contributor']}.xlsx")
            fill(path, wanted(i))
            await self.town.run("answers", "import", path, "--survey", self.survey)
            said = wanted(i)
            for q in sorted(part(i)):
                if q in said.answers:
                    self.note(title(i), "answer", q, "", said.answers[q])
                if q in said.texts:
                    self.note(title(i), "text", q, "", "\n\n".join(said.texts[q]))
            self.note(title(i), "hand-in", f"{len(said.answers)}/{len(part(i))}")

    async def decide(self) -> None:
        """What differs, and what nobody can rate; two in the chat, the others on the command line."""
        left = (await self.town.json("statement", "status", self.survey))["left"]
        found = {state: ids for state, ids in left.items() if ids}
        assert found == {"different": ["1.3.2", "6.1.1"], "unknown": list(TWELVE)}
        for q, (value, reason) in {**DECIDED, **TWELVE}.items():
            if q in IN_CHAT:
                await self.coordinator.decide(q, IN_CHAT[q], reason)
            else:
                await self.town.run("statement", "decide", self.survey, q, value, "--reason", reason)
            self.note(COORDINATOR, "decide", q, "", f"{value}: {reason}")
        fields, reason = CHOICE
        await self.town.run("statement", "choose", self.survey, *fields, "--reason", reason)
        self.note(COORDINATOR, "choose", "focus", "", f"{', '.join(fields)}: {reason}")

    async def present(self) -> None:
        """The offices see what the town says."""
        assert await self.coordinator.present() == 1
        await self._all_have("presented")
        day = self.town.rows("SELECT presented_day FROM survey")[0][0]
        self.note(COORDINATOR, "present", self.survey, "", day)

    async def comment(self) -> None:
        """One has something to say to that."""
        await self.offices[4].comment("5", COMMENT)
        self.note(title(4), "comment", "5", "", COMMENT)

    async def sign(self) -> None:
        """Signed; corrected; signed once more, as another version."""
        await self.coordinator.sign(SIGNS, 1)
        await self._all_have("signed 1")
        self.note(SIGNS, "sign", "version 1", "", self._digest(1))
        value, reason = CORRECTED
        await self.town.run("statement", "decide", self.survey, "1.3.2", value, "--reason", reason)
        self.note(COORDINATOR, "decide", "1.3.2", "yes", f"{value}: {reason}")
        made = await self.town.json("statement", "sign", self.survey, "--function", SIGNS)
        assert made["changes"] == [{"question": "1.3.2", "before": "yes", "after": "rather-yes"}]
        self.note(SIGNS, "sign", "version 2", "", self._digest(2))
        await self._all_have("signed 2")

    def _digest(self, number: int) -> str:
        return str(self.town.rows(f"SELECT digest FROM release WHERE number = {number}")[0][0])

    async def _all_have(self, kind: str) -> None:
        begin, whom = LETTERS[kind]
        for i in whom:
            await self.offices[i].until(lambda i=i: self.offices[i].letters(begin) > 0)  # type: ignore[misc]

    async def close(self) -> None:
        """The end: the link to people is erased when the last letters are gone."""
        await self.town.run("survey", "close", self.survey)
        self.note(COORDINATOR, "close", "version 2", "", self._digest(2))
        for _ in range(200):
            if self.town.rows("SELECT salt FROM survey") == [(None,)]:
                break
            await asyncio.sleep(0.1)
        assert self.town.rows("SELECT salt FROM survey") == [(None,)]
        assert self.town.rows("SELECT count(*) FROM address WHERE survey IS NOT NULL") == [(0,)]


# ---- the verdict ------------------------------------------------------------------------------------------------


def kept(town: Town) -> dict[str, Wanted]:
    """What stands in the database of each office."""
    found = {}
    for name, one in town.rows("SELECT department || ', ' || function, respondent FROM contributor ORDER BY number"):
        values = town.rows(f"SELECT question, value FROM answer WHERE respondent = '{one}'")
        said: dict[str, list[str]] = defaultdict(list)
        for q, text in town.rows(f"SELECT question, text FROM statement WHERE respondent = '{one}' ORDER BY position"):
            said[q].append(text)
        targets = town.rows(f"SELECT question, target FROM referral WHERE respondent = '{one}'")
        found[name] = Wanted(dict(values), dict(said), dict(targets))
    return found


def journal(town: Town) -> dict[str, list[tuple[str, ...]]]:
    """What stands in the journal, in its order, by who it was."""
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for who, *rest in town.rows("SELECT who, step, subject, before, after FROM journal ORDER BY id"):
        found[who].append(tuple(rest))
    return found


def judge_rows(story: Story) -> None:
    """Nothing is lost, nothing stands twice."""
    town = story.town
    assert kept(town) == {title(i): wanted(i) for i in range(8)}
    assert journal(town) == story.journal
    moments = [moment for (moment,) in town.rows("SELECT moment FROM journal ORDER BY id")]
    assert moments == sorted(moments)
    reasons = {q: reason for q, (_, reason) in TWELVE.items()}
    decided = {q: (v, reasons[q]) for q, (v, _) in TWELVE.items()} | DECIDED | {"1.3.2": CORRECTED}
    assert {q: (v, r) for q, v, r in town.rows("SELECT question, value, reason FROM decision")} == decided
    assert town.rows("SELECT field, text FROM comment") == [("5", COMMENT)]
    assert town.rows("SELECT number FROM release ORDER BY number") == [(1,), (2,)]


def copies(story: Story) -> int:
    """How many letters came once more than they should; every one has come."""
    more = 0
    for begin, whom in LETTERS.values():
        found = {i: office.letters(begin) for i, office in story.offices.items()}
        assert {i for i, n in found.items() if n} == set(whom)
        more += sum(found.values()) - len(whom)
    return more


def judge_report(report: Mapping[str, Any]) -> None:
    """Every count, every mark, every gap with its reason, by hand."""
    block, town = report["voices"]["administration"], report["town"]
    marks = {f["id"]: "".join(VALUES[c["mark"]] for c in f["criteria"]) for f in block["fields"]}
    assert (marks, sum(map(len, marks.values()))) == (MARKS, 34)
    standings = {f["id"]: f for f in block["fields"]} | {"overall": block["overall"]}
    assert {name: s["level"] for name, s in standings.items()} == LEVELS
    assert {name: f"{s['answered']}/{s['asked']}" for name, s in standings.items()} == COVERAGE
    positions = town["positions"]
    assert {q: p["value"] for q, p in positions.items()} == answers()
    reasons = {q: reason for q, (_, reason) in (TWELVE | DECIDED | {"1.3.2": CORRECTED}).items()}
    assert {q: p["reason"] for q, p in positions.items() if p["reason"]} == reasons
    names = {c["id"]: f"{c['department']}, {c['function']}" for c in town["contributors"]}
    assert list(names.values()) == [title(i) for i in range(8)]
    assert {c["department"].split(",")[0] for c in town["contributors"]} == {f"Dezernat {n}" for n in
                                                                           ("I", "II", "III", "IV", "V")}  # fmt: skip
    told = Counter((names[e["contributor"]], q, e["text"]) for q, p in positions.items() for e in p["evidence"])
    assert told == Counter((title(i), q, text) for (i, q), texts in EVIDENCE.items() for text in texts)
    given = [(names[g["contributor"]], g["value"]) for g in positions[REFERRAL]["given"]]
    assert given == [(title(ASKED_INSTEAD), answers()[REFERRAL]), (title(REFERRED_BY), REFERRED)]
    assert [(names[c["contributor"]], c["field"], c["text"]) for c in town["comments"]] == [(title(4), "5", COMMENT)]
    assert (town["version"], town["signed"]["function"]) == (2, SIGNS)
    assert town["changes"] == [{"question": "1.3.2", "before": "yes", "after": "rather-yes"}]
    assert town["choice"] == {"fields": CHOICE[0], "reason": CHOICE[1]}


def judge_text(text: str) -> None:
    """What can be read: the counts, and the twelve with their reasons."""
    plain = " ".join(text.translate({0x2068: None, 0x2069: None}).split())
    counts = [f"{c.replace('/', ' von ')}" for c in COVERAGE.values()]
    reasons = [reason for _, reason in TWELVE.values()]
    names = [title(i).rpartition(", ")[2] for i in range(8)]
    missing = [w for w in (*counts, *TWELVE, *reasons, *names, COMMENT, CORRECTED[1], SIGNS) if w not in plain]
    assert missing == []


def words_of(path: Path) -> str:
    """What can be read in a Word file."""
    with zipfile.ZipFile(path) as file:
        tree = ElementTree.fromstring(file.read("word/document.xml"))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return "\n".join("".join(t.text or "" for t in p.iter(f"{space}t")) for p in tree.iter(f"{space}p"))


NAMED = [  # the five slips of 001 in the copy
    "administration overall: asked is 106, but must be 105",
    "administration field 2: 25 of 30 answered leaves 5, but 4 unanswered questions are named",
    "administration field 4: unanswered leaves out 4.1.3, 4.3.3, 4.4.1",
    "administration field 5: unanswered leaves out 5.2.3",
    "administration field 7: unanswered leaves out 7.1.1, 7.2.4",
    "administration field 5: title is 'Engagement und Teilhabe', but must be 'Engagement und Beteiligung'",
    "administration field 5 criterion 5.1: questions leaves out 5.1.4 and names 5.2.4",
]


async def judge_files(story: Story) -> None:
    """The Auswertung in three forms is right, and the checker refuses a copy with the slips of 001."""
    town = story.town
    for form in ("html", "json", "docx"):
        await town.run("report", story.survey, "--format", form, "-o", f"auswertung.{form}")
    report = json.loads((town.folder / "auswertung.json").read_text())
    judge_report(report)
    judge_text(visible((town.folder / "auswertung.html").read_text()))
    judge_text(words_of(town.folder / "auswertung.docx"))
    assert (await town.json("report", "check", "auswertung.json"))["problems"] == []
    for change, _ in SLIPS.values():
        change(report)
    (town.folder / "kopie.json").write_text(json.dumps(report))
    found = (await town.json("report", "check", "kopie.json", code=1))["problems"]
    assert [complaint for complaint in NAMED if complaint not in found] == []


async def test_a_statement_of_eight_offices_survives_a_kill_in_every_phase(tmp_path: Path) -> None:
    standin = await start(TOKEN, seed=SEED)
    try:
        async with Launcher() as launcher:
            town = Town(tmp_path, standin, launcher, SEED)
            story = Story(town)
            await story.open()
            steps = (story.invite, story.answer, story.refer, story.hand_in, story.decide, story.present,
                     story.comment, story.sign)  # fmt: skip
            for name, step, acts in zip(PHASES, steps, (12, 60, 8, 9, 12, 2, 3, 4), strict=True):
                async with town.phase(name, acts):
                    await step()
            await story.close()
            judge_rows(story)
            more = copies(story)
            await judge_files(story)
            assert town.bot is not None
            assert await town.bot.end() == 0
    finally:
        await standin.close()
    points = [f"{k.phase}: {k.where}" for k in town.kills]
    print(json.dumps({"seed": SEED, "kills": len(town.kills), "copies": more, "at": points}, ensure_ascii=False))
    assert Counter(k.phase for k in town.kills) == dict.fromkeys(PHASES, 2)
    assert [k for k in town.kills if k.where == "after the phase"] == []
    assert more <= len(town.kills)
