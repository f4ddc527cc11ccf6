"""Texts made to break something, from every door to every place where they come out: they are text and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import Chat, House, commune_file, opened_survey
from hostile import TEXTS, unwanted
from samples import closed_dialog, dialog, kurzform, three_voices

from bot.cli import main
from bot.mydata import mydata
from bot.paper import COLUMNS, PaperError, conversations
from bot.poster import poster
from bot.standin.server import start
from bot.telegram.calls import Calls
from bot.telegram.courier import Courier
from bot.terminal import Walk
from bot.view import TEXT_LIMIT, units
from conversations.conversation import STATEMENT_LENGTH
from conversations.questionnaire import Voice
from conversations.survey import CommuneError, Survey
from conversations.survey import commune as parse_commune
from locales import FSI, PDI, catalogue, languages
from reports.digest import digest
from reports.html import html
from reports.machine import as_json
from reports.templating import ENVIRONMENT

SOCIETY = Voice.SOCIETY
TOKEN = "4242:" + "secret" * 6
ACTIVE = "=+-@\t\r"  # what a cell must not begin with where a spreadsheet opens it
QUOTED = 400  # characters of a statement in a digest


def kept(text: str) -> str | None:
    """What may be kept of a text: all of it that is no control, turns no line round and is whole; None for none."""
    whole = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\t", " ")
    found = "".join(c for c in whole if not unwanted(c)).strip()
    return found if 0 < len(found) <= STATEMENT_LENGTH else None


KEPT = {name: text for name, given in TEXTS.items() if (text := kept(given)) is not None}


@dataclass
class Page(HTMLParser):
    """A page as a browser takes it: the elements in order with their attributes, and the texts."""

    elements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", ()))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1:] = [*(t + data for t in self.texts[-1:])] or [data]

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    unknown_decl = handle_pi = handle_comment


def page(text: str) -> Page:
    found = Page()
    found.feed(text)
    found.close()
    return found


# ---- in by Telegram, out in the chat ------------------------------------------------------------------------------


async def guests(house: House, survey: Survey, number: int) -> list[Chat]:
    """So many people at the first question, three batches for all."""
    chats = [house.chat(5_300_000_000 + i) for i in range(number)]
    for step in range(3):
        presses = [c.writes(f"/start {survey.codes[SOCIETY]}") if step == 0 else c.presses(c.shown.rows[0][0].data)  # type: ignore[union-attr]
                   for c in chats]  # fmt: skip
        outcome = await house.receiver.handle(presses)
        for chat in chats:
            chat.heard(outcome)
    return chats


async def test_a_text_written_in_the_chat_is_kept_as_text_and_shown_as_text(house: House) -> None:
    survey = await opened_survey(house.store, "dddddd", "dialog-1", [SOCIETY])
    chats = dict(zip(TEXTS, await guests(house, survey, len(TEXTS)), strict=True))
    outcome = await house.receiver.handle([chats[name].writes(text) for name, text in TEXTS.items()])
    wrong = []
    for name, chat in chats.items():
        heard = chat.heard(outcome)
        mine = await chat.kept()
        given = tuple(s.text for s in mine.statements)
        if given != ((KEPT[name],) if name in KEPT else ()):
            wrong.append((name, "kept", given))
            continue
        shown = [heard.shown.text if heard.shown else "", *(v.text for v in mydata(survey, dialog(), mine))]
        if name in KEPT:
            quoted = f"{FSI}{KEPT[name][:60].split(chr(10))[0].strip()}"
            wrong += [(name, "shown", text) for text in (shown[0], "".join(shown[1:]))
                      if " ".join(quoted.split()) not in " ".join(text.split())]  # fmt: skip
        wrong += [(name, "turned", t) for t in shown if t.count(FSI) != t.count(PDI) or units(t) > TEXT_LIMIT]
    assert (wrong, await house.rows("SELECT * FROM trouble")) == ([], [])


async def test_nothing_is_marked_up_on_its_way_out(house: House) -> None:
    survey = await opened_survey(house.store, "dddddd", "dialog-1", [SOCIETY])
    standin = await start(TOKEN, clock=house.clock)
    chats, wrong = await guests(house, survey, len(KEPT)), []
    for chat in chats:
        standin.people.join("x", id=chat.user)
        standin.people.chat(chat.user).started = True
    async with Calls(TOKEN, standin.url) as calls:
        courier = Courier(calls, house.store, house.key, house.clock)
        courier.take(await house.receiver.handle([c.writes(t) for c, t in zip(chats, KEPT.values(), strict=True)]))
        courier.take(await house.receiver.handle([c.writes("/mydata") for c in chats]))
        await courier.close(20)
    for chat, (name, text) in zip(chats, KEPT.items(), strict=True):
        seen = [m for m in standin.people.chat(chat.user).view["messages"] if m["from"] == "bot"]
        whole = "".join(m["text"] for m in seen)
        if any("entities" in m for m in seen) or text[:1000].strip() not in whole:
            wrong.append((name, seen))
    await standin.close()
    assert wrong == []


# ---- in by paper --------------------------------------------------------------------------------------------------


def sheet(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    return out.getvalue().encode("utf-8", "surrogatepass")


def taken(survey: Survey, *row: str) -> list[str] | str:
    """The statements of a file with one row, or the complaint about it."""
    try:
        found = conversations(sheet([list(row)]), survey, dialog())
    except PaperError as error:
        return str(error)
    return [s.text for one in found for s in one.statements]


SURVEY = Survey("dddddd", 1, parse_commune(commune_file()), "dialog-1", (SOCIETY,), {SOCIETY: "SDDDDDD2"},
                {SOCIETY: 5})  # fmt: skip


def test_a_text_on_paper_is_kept_as_text_or_its_file_is_refused() -> None:
    wrong = []
    for name, text in TEXTS.items():
        found = taken(SURVEY, "1", "society", "de", "d1", text)
        readable = "\0" not in text and not re.search("[\ud800-\udfff]", text)
        wanted = kept(text.strip())
        refused = isinstance(found, str)
        if refused != (not readable or wanted is None) or not (refused or found == [wanted]):
            wrong.append((name, found))
    assert wrong == []


@pytest.mark.parametrize("column", range(5))
def test_a_text_in_any_other_cell_is_named_and_not_repeated_as_it_is(column: int) -> None:
    wrong = []
    for name, text in TEXTS.items():
        row = ["1", "society", "de", "d1", "Im Verein."]
        row[column] = text
        found = taken(SURVEY, *row)
        if isinstance(found, str) and (bad := unwanted(found)):
            wrong.append((name, bad))
        if column in (1, 2, 3) and not isinstance(found, str):
            wrong.append((name, found))
    assert wrong == []


# ---- out in reports -----------------------------------------------------------------------------------------------


def report(text: str, commune: str = "Musterstadt", language: str = "de") -> str:
    return html(closed_dialog().document, dialog(), catalogue(language), commune, {"d1": [text, "b"], "d2": ["c"]})


@pytest.mark.chaos
@pytest.mark.parametrize("language", ["de", "ar"])
def test_in_the_html_a_statement_is_one_text_and_no_element(language: str) -> None:
    plain, wrong = page(report("PLATZHALTER", language=language)), []
    at = next(i for i, t in enumerate(plain.texts) if t == "PLATZHALTER")
    for name, text in KEPT.items():
        found = page(report(text, language=language))
        same = (found.elements, found.other) == (plain.elements, plain.other)
        texts = [*plain.texts[:at], text, *plain.texts[at + 1 :]]
        if not same or found.texts != texts:
            wrong.append((name, same, [t for t in found.texts if t not in plain.texts]))
    assert wrong == []


def test_without_escaping_the_html_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = page(report("PLATZHALTER"))
    monkeypatch.setattr("reports.html.ENVIRONMENT", ENVIRONMENT.overlay(autoescape=False))
    found = {name for name in ("script", "image", "closing tags", "bdi", "style")
             if page(report(KEPT[name])).elements != plain.elements}  # fmt: skip
    assert found == {"script", "image", "closing tags", "bdi", "style"}


def test_in_the_digest_a_statement_stays_on_its_line() -> None:
    words = catalogue("de")

    def shown(text: str) -> str:
        return digest(
            closed_dialog().document, dialog(), words, {"d1": [text, "b"], "d2": ["c"]}, commune="Musterstadt"
        )

    before, after = shown("PLATZHALTER").split("PLATZHALTER")
    wrong = []
    for name, text in KEPT.items():
        found = shown(text)
        line = found.removeprefix(before).removesuffix(after)
        flat = " ".join(text.split())
        whole = line == flat if len(flat) <= QUOTED else line.endswith(" …") and flat.startswith(line[:-2])
        if not whole or unwanted(line.replace("\n", "\t")) or found != before + line + after:
            wrong.append((name, line))
    assert wrong == []


def test_the_report_for_machines_holds_no_statement() -> None:
    machine = as_json(three_voices().document, kurzform()).decode()
    for title in (*(f.title for f in kurzform().fields), *(c.title for c in kurzform().criteria.values())):
        machine = machine.replace(json.dumps(title, ensure_ascii=False), "")  # the questionnaire's own words
    assert [n for n, t in KEPT.items() if len(t) > 3 and t in machine] == []


# ---- the commune's name -------------------------------------------------------------------------------------------


def named(name: str) -> str:
    """A commune's file with a name, in which everything odd is escaped."""
    odd = "".join(c if " " <= c < "\x7f" and c not in '"\\' else f"\\U{ord(c):08x}" for c in name)
    return "\n".join(f'name = "{odd}"' if x.startswith("name =") else x for x in commune_file().splitlines())


def names() -> Iterator[tuple[str, str]]:
    """The texts that are taken as a commune's name."""
    for name, text in TEXTS.items():
        try:
            asks = parse_commune(named(text))
        except CommuneError:
            continue
        assert asks.name == text
        yield name, text


@pytest.mark.chaos
def test_a_commune_s_name_is_one_text_in_report_and_poster() -> None:
    plain, wrong, many = page(report("x", "PLATZHALTER")), [], 0
    for name, text in names():
        if unwanted(text):
            continue
        many += 1
        found = page(report("x", text))
        styles = [t for t in found.texts if "@page" in t]
        if (found.elements, found.other) != (plain.elements, plain.other) or text not in found.texts:
            wrong.append((name, "html"))
        if [re.sub(r'content: "[^"]*"', "", s) for s in styles] != [
            re.sub(r'content: "[^"]*"', "", t) for t in plain.texts if "@page" in t
        ]:
            wrong.append((name, "css"))
    assert (wrong, many > 30) == ([], True)


def test_a_commune_s_file_with_controls_in_it_is_refused() -> None:
    odd = [name for name, text in names() if unwanted(text) or "\n" in text]
    assert odd == []


def test_a_poster_is_sound_whatever_the_commune_is_called() -> None:
    for name, text in names():
        if not unwanted(text) and name != "noncharacters":
            tree = ElementTree.fromstring(poster(text, "https://t.me/x?start=ABCD2345", "ABCD2345", "x", ["de"]))
            assert next(tree.iter("{http://www.w3.org/2000/svg}title")).text == text, name


# ---- the terminal -------------------------------------------------------------------------------------------------


def test_walking_in_the_terminal_writes_no_control_to_it() -> None:
    said: list[str] = []
    walk = Walk(SURVEY, dialog(), SOCIETY, "de", said.append)
    walk.begin()
    for text in ("#1", *(t for t in TEXTS.values() if not t.startswith("/")), "/mydata"):
        for line in text.split("\n"):
            walk.take(line)
    assert {c for text in said for c in unwanted(text)} <= {hex(ord(FSI)), hex(ord(PDI)), hex(0x2066), hex(0x2067)}
    assert walk.conversation.statements != ()


@pytest.mark.chaos
@pytest.mark.timeout(240)
def test_from_paper_to_every_output_of_the_command_line(tmp_path: Path) -> None:
    environment = {"WELTOFFEN_DATABASE": str(tmp_path / "w.db"), "WELTOFFEN_KEY_FILE": str(tmp_path / "w.key")}

    def run(*words: str) -> bytes:
        done = CliRunner().invoke(main, list(words), env=environment)
        assert done.exception is None, (words, done.output)
        return done.stdout_bytes

    (tmp_path / "stadt.toml").write_text(commune_file(), "utf-8")
    opened = run("survey", "open", "dialog", "--commune", str(tmp_path / "stadt.toml"), "--voice", "society", "--yes",
                 "--format", "json")  # fmt: skip
    survey = json.loads(opened)["survey"]
    from_paper = {n: t for n in KEPT if "\0" not in TEXTS[n] and not re.search("[\ud800-\udfff]", TEXTS[n])
                  if (t := kept(TEXTS[n].strip()))}  # fmt: skip
    rows = [[str(i), "society", "de", "d1", TEXTS[n]] for i, n in enumerate(from_paper)]
    rows += [[str(900 + i), "society", "de", "d2", "leer"] for i in range(len(KEPT))]
    (tmp_path / "bogen.csv").write_bytes(sheet(rows))
    run("answers", "import", str(tmp_path / "bogen.csv"), "--survey", survey)
    run("survey", "close", survey)
    listed = json.loads(run("statements", "list", survey, "--format", "json"))["statements"]
    assert sorted(s["text"] for s in listed if s["question"] == "d1") == sorted(from_paper.values())
    empty = [s["id"] for s in listed if s["question"] == "d2"]
    for identifier, name in zip(empty, KEPT, strict=True):
        run("statements", "redact", survey, "--", identifier, TEXTS[name].replace("\0", ""))
    run("statements", "release", survey, *(s["id"] for s in listed if s["question"] == "d1"))
    listed = json.loads(run("statements", "list", survey, "--format", "json"))["statements"]
    redacted = {n: kept(TEXTS[n].replace("\0", "")) for n in KEPT}
    assert sorted(s["text"] for s in listed if s["question"] == "d2") == sorted(redacted.values())  # type: ignore[type-var]
    lines = run("statements", "list", survey).decode().split("\n")
    assert (unwanted("".join(lines)), len(lines)) == ([], len(listed) + 3)
    told = run("digest", survey).decode().replace(FSI, "").replace(PDI, "")
    assert unwanted(told.replace("\u2067", "")) == []
    assert json.loads(run("digest", survey, "--format", "json"))["locale"] == "de"
    for locale in languages():
        found = page(run("report", survey, "--locale", locale).decode())
        texts = [t for t in found.texts if t in {*from_paper.values(), *redacted.values()}]
        assert sorted(texts) == sorted([*from_paper.values(), *redacted.values()])  # type: ignore[type-var]
    machine = run("report", survey, "--format", "json")
    assert [n for n, t in KEPT.items() if len(t) > 3 and t.encode() in machine] == []
    for more in ((), ("--excel",)):
        table = run("answers", "export", survey, *more).decode("utf-8-sig")
        cells = [c for row in csv.reader(io.StringIO(table), delimiter=";" if more else ",") for c in row]
        assert [c for c in cells if (c[:1] and c[0] in ACTIVE) or c in KEPT.values()] == []


def test_a_commune_s_file_of_toml_is_read_as_written() -> None:
    for name, text in names():
        assert tomllib.loads(named(text))["name"] == text, name
