"""The documents for data protection: every column documented, and the committed copies equal to what is generated."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import commune_file

from bot import privacy
from bot.cli import main
from bot.organising import PARKED
from bot.privacy import BLANKS, COLUMNS, ColumnsError, Person, assessment, documented, plain, record
from conversations.store import Store, open_store, surveys
from conversations.survey import Commune
from conversations.survey import commune as parse_commune

ROOT = Path(__file__).parent.parent
MADE: dict[str, Callable[[Commune | None], str]] = {
    "verarbeitungsverzeichnis": record, "folgenabschaetzung": assessment,
}  # fmt: skip
REAL = COLUMNS.read_text("utf-8")
SMALL = """
[erasure]
day = "Am Tag"
[table.a]
meaning = "A"
purpose = "P"
about = ["participants"]
erased = "day"
[table.a.columns]
x = { meaning = "X", person = "pseudonym" }
"""


async def tables_of(path: Path) -> dict[str, list[str]]:
    """The tables of a database with their columns."""
    connection = sqlite3.connect(path)
    try:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for (name,) in names.fetchall()
        }
    finally:
        connection.close()


async def test_every_column_of_the_database_is_documented_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    async with await open_store(path, create=True):
        real = await tables_of(path)
    told = {table.name: sorted(c.name for c in table.columns) for table in documented().tables}
    assert told == {name: sorted(columns) for name, columns in real.items()}


def test_tables_and_columns_can_be_added_in_a_few_lines() -> None:
    more = SMALL + (
        '[table.b]\nmeaning = "B"\npurpose = "Q"\nabout = []\nerased = "day"\n'
        '[table.b.columns]\ny = { meaning = "Y", person = "none", purpose = "R" }\n'
    )
    found = documented(more)
    assert [
        (t.name, t.about, t.relations, [(c.name, c.purpose, c.erased) for c in t.columns]) for t in found.tables
    ] == [
        ("a", ["participants"], [Person.PSEUDONYM], [("x", "P", "day")]),
        ("b", [], [], [("y", "R", "day")]),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('meaning = "X", ', "", "a.x: meaning is missing or empty"),
        ('meaning = "X"', 'meaning = " "', "a.x: meaning is missing or empty"),
        (', person = "pseudonym"', "", "a.x: person is missing or empty"),
        ('"pseudonym"', '"anonym"', "a.x: person must be one of none, pseudonym, sealed, text, count"),
        ('"X",', '"X", erased = "never",', "a.x: there is no rule of erasure 'never'"),
        ('"X",', '"X", why = "so",', "a.x: unknown key why"),
        ('erased = "day"', 'erased = "night"', "a: there is no rule of erasure 'night'"),
        ('purpose = "P"\n', "", "a: purpose is missing or empty"),
        ('["participants"]', '["everybody"]', "a: about names 'everybody', who is unknown"),
        ('["participants"]', "[]", "a: about and the columns disagree on whether it relates to people"),
        ('"pseudonym"', '"none"', "a: about and the columns disagree on whether it relates to people"),
    ],
)
def test_an_entry_that_lacks_something_is_refused(old: str, new: str, problem: str) -> None:
    assert SMALL.count(old) == 1
    with pytest.raises(ColumnsError) as caught:
        documented(SMALL.replace(old, new))
    assert str(caught.value) == f"columns.toml: {problem}"


def test_every_rule_of_erasure_is_used_and_said() -> None:
    kept = documented()
    used = {t.erased for t in kept.tables} | {c.erased for t in kept.tables for c in t.columns}
    assert used == set(kept.erasure)
    assert [rule for rule, sentence in kept.erasure.items() if sentence not in record()] == []


def test_what_leads_to_a_person_goes_before_the_answers_do() -> None:
    tables = {t.name: t for t in documented().tables}
    sealed = {f"{t.name}.{c.name}": c.erased for t in tables.values() for c in t.columns if c.person is Person.SEALED}
    assert sealed == {"address.sealed": "link", "wish.sealed": "link", "farewell.sealed": "confirmed"}
    assert {c.name: c.erased for c in tables["survey"].columns}["salt"] == "link"
    assert (tables["answer"].erased, tables["statement"].erased) == ("retention", "retention")
    assert PARKED.total_seconds() == 24 * 3600  # what the rules say in words


async def test_what_is_said_to_go_with_the_link_and_at_the_end_does_go(store: Store) -> None:
    """Rows about one person, then the two erasures: what goes and what is left is what the rules say."""

    def unit(tx: Any) -> None:
        tx.execute("INSERT INTO commune VALUES (1, 'Musterstadt')")
        tx.execute(
            "INSERT INTO survey (id, commune, profile, questionnaire, salt, opened_day) "
            "VALUES ('s', 1, '', 'k', x'01', '')"
        )
        tx.execute(
            "INSERT INTO conversation (respondent, survey, voice, language, notice, person, place, version, since, "
            "each_new, handed_in, active) VALUES ('r', 's', 'society', 'de', 'n', 1, 'thanks', 1, 1, 0, 1, 1)"
        )
        tx.execute("INSERT INTO answer VALUES ('r', 'q', 'yes')")
        tx.execute("INSERT INTO statement (id, respondent, question, position, text) VALUES ('t', 'r', 'q', 1, 'x')")
        tx.execute("INSERT INTO address (owner, survey, sealed) VALUES ('r', 's', x'02')")
        tx.execute("INSERT INTO screen (respondent) VALUES ('r')")
        tx.execute("INSERT INTO wish VALUES ('w', 's', 'de', x'03')")
        tx.execute("INSERT INTO message VALUES ('r', 7, '')")

    def left(tx: Any) -> set[str]:
        found = {t.name for t in documented().tables if tx.execute(f"SELECT 1 FROM {t.name}").fetchone() is not None}
        salt = tx.execute("SELECT 1 FROM survey WHERE salt IS NOT NULL").fetchone()
        return found | ({"survey.salt"} if salt else set())

    rules = {t.name: t.erased for t in documented().tables} | {"survey.salt": "link"}
    await store.write(unit)
    full = await store.read(left)
    await store.write(lambda tx: surveys.erase_link(tx, "s"))
    parted = await store.read(left)
    await store.write(lambda tx: surveys.erase_people(tx, "s"))
    last = await store.read(left)
    assert {rules[n] for n in full} == {"link", "two-days", "retention", "stays"}
    assert full - parted == {n for n in full if rules[n] in ("link", "two-days")}
    assert parted - last == {n for n in full if rules[n] == "retention"}


@pytest.mark.parametrize("name", MADE)
def test_the_committed_copy_is_what_is_generated(name: str) -> None:
    assert (ROOT / f"docs/privacy/{name}.md").read_text("utf-8") == MADE[name](None)


@pytest.mark.parametrize("name", MADE)
def test_without_a_commune_there_are_blanks_and_with_one_its_words(name: str) -> None:
    asks = parse_commune(commune_file())
    empty, filled = MADE[name](None), MADE[name](asks)
    template = (privacy.RECORD if name == "verarbeitungsverzeichnis" else privacy.ASSESSMENT).read_text("utf-8")
    for key, blank in BLANKS.items():
        used = len(re.findall(rf"\${key}\b", template))
        assert empty.count(f"[ausfüllen: {blank}]") == used
        assert f"[ausfüllen: {blank}]" not in filled
        given = getattr(asks, key)
        assert filled.count(plain(given["de"] if isinstance(given, dict) else str(given))) >= used
    assert "$" not in filled
    assert filled.count("[ausfüllen") == empty.count("[ausfüllen") - sum(
        len(re.findall(rf"\${key}\b", template)) for key in BLANKS
    )


def test_every_word_of_a_commune_that_is_asked_for_is_used() -> None:
    templates = privacy.RECORD.read_text("utf-8") + privacy.ASSESSMENT.read_text("utf-8")
    assert {key for key in BLANKS if re.search(rf"\${key}\b", templates)} == set(BLANKS)


def test_the_words_of_a_commune_cannot_break_the_document() -> None:
    asks = replace(parse_commune(commune_file()), contact="a|b\n# <b>_x_</b> $name")
    line = next(line for line in record(asks).splitlines() if line.startswith("| Fachlich zuständig"))
    assert line == r"| Fachlich zuständig | Integrationsbüro, a\|b \# \<b\>\_x\_\</b\> $name |"


def test_the_record_has_all_that_article_30_asks_for() -> None:
    heads = re.findall(r"^## (.*)$", record(), re.MULTILINE)
    assert [re.findall(r"Buchst\. ([a-g])", h) for h in heads if "Buchst" in h] == [[x] for x in "abccdefg"]


def test_the_assessment_has_all_that_article_35_asks_for() -> None:
    heads = re.findall(r"^## (.*)$", assessment(), re.MULTILINE)
    assert [h for h in heads if "Buchst" in h] == [
        "1 Systematische Beschreibung (Art. 35 Abs. 7 Buchst. a)",
        "2 Notwendigkeit und Verhältnismäßigkeit (Buchst. b)",
        "3 Risiken und Abhilfe (Buchst. c und d)",
    ]
    told = re.split(r"^### (R\d+) .*$", assessment().partition("## 3 ")[2].partition("## 4 ")[0], flags=re.MULTILINE)[
        1:
    ]
    parts = ("- Was geschehen kann:", "- weltoffen:", "- **Was bleibt**:", "- Kommune:")
    assert {r: [text.count(p) for p in parts] for r, text in zip(told[::2], told[1::2], strict=True)} == {
        f"R{n}": [1, 1, 1, 1] for n in range(1, 14)
    }
    assert re.findall(r"^\| (R\d+) ", assessment(), re.MULTILINE) == [f"R{n}" for n in range(1, 14)]


def test_nothing_promises_more_than_can_be_kept() -> None:
    pages = {p.name: p.read_text("utf-8") for p in (ROOT / "docs/privacy").glob("*.md")}
    assert sorted(pages) == ["folgenabschaetzung.md", "personalrat.md", "verarbeitungsverzeichnis.md", "vorfaelle.md"]
    claims = {name: re.findall(r"(?i)[^.]*\b(?:anonym\w*|rechtssicher\w*|DSGVO-konform\w*)\b[^.]*", text)
              for name, text in pages.items()}  # fmt: skip
    assert {n: [" ".join(c.split()) for c in found] for n, found in claims.items() if found} == {
        "folgenabschaetzung.md": ["Das Wort „anonym“ kommt darin nicht vor"]
    }


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in [*(ROOT / "docs/privacy").glob("*.md"), ROOT / "docs/operating.md", ROOT / "deploy/README.md"]:
        text = page.read_text("utf-8")
        links = [x for x in re.findall(r"\]\(([^)]+)\)", text) if not x.startswith("http")]
        links += (
            re.findall(r"\b((?:docs|deploy)/[\w./-]+\.(?:md|service|timer))", text)
            if page.parent.name == "privacy"
            else []
        )
        for link in links:
            assert (page.parent / link).exists() or (ROOT / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize(("command", "made"), [("record", record), ("assessment", assessment)])
def test_the_command_prints_or_writes(tmp_path: Path, command: str, made: Callable[[Commune | None], str]) -> None:
    stadt, out = tmp_path / "stadt.toml", tmp_path / "new/out.md"
    stadt.write_text(commune_file(name="Neustadt"), "utf-8")
    printed = CliRunner().invoke(main, ["privacy", command])
    assert (printed.exit_code, printed.stdout) == (0, made(None))
    wrote = CliRunner().invoke(main, ["privacy", command, "--commune", str(stadt), "-o", str(out)])
    assert (wrote.exit_code, wrote.stdout, wrote.stderr) == (0, "", f"wrote {out}\n")
    assert out.read_text("utf-8") == made(parse_commune(commune_file(name="Neustadt")))
    shown = CliRunner().invoke(main, ["privacy", command, "--help"])
    assert f"Example:  weltoffen privacy {command} --commune stadt.toml" in shown.stdout


def test_a_commune_s_file_that_is_wrong_is_one_clear_message(tmp_path: Path) -> None:
    stadt = tmp_path / "stadt.toml"
    stadt.write_text(commune_file(contact=""), "utf-8")
    done = CliRunner().invoke(main, ["privacy", "record", "--commune", str(stadt)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: stadt.toml: contact must be a text that is not empty\n"
