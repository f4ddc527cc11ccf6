"""The command line: the golden case from end to end, and a clear word for whatever can go wrong."""

from __future__ import annotations

import asyncio
import csv
import fcntl
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.standin.server import start
from conversations.store import Store
from locales import FOLDER, entries, languages

ROOT = Path(__file__).parent.parent
GOLDEN = json.loads((ROOT / "tests/golden/dessau-rosslau.json").read_text("utf-8"))
MARKS = GOLDEN["marks"]
LEVELS = {  # of Dessau-Roßlau 2020, by hand, so that no copy can bless an error
    "1": "advanced", "2": "advanced", "3": "open", "4": "advanced", "5": "on-the-way", "6": "advanced",
    "7": "advanced", "overall": "advanced",
}  # fmt: skip
TOKEN = "4242:kanarientoken-kanarientoken-kanarien"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed."""
        return json.loads(self.out)


@dataclass
class Desk:
    """An organiser's desk: a folder, and commands given in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The settings of this desk alone."""
        self.environment = {
            "WELTOFFEN_DATABASE": str(self.folder / "w.db"), "WELTOFFEN_KEY_FILE": str(self.folder / "w.key"),
            **dict.fromkeys(("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_FILE", "TELEGRAM_BOT_USERNAME",
                             "TELEGRAM_API_URL", "WELTOFFEN_STEP_SECONDS"), ""),
        }  # fmt: skip

    def __call__(self, *words: str | Path, **environment: str) -> Done:
        """A command in this very process, which is quick."""
        done = CliRunner().invoke(main, [str(w) for w in words], env=self.environment | environment)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception  # a traceback is no clear message
        return Done(done.exit_code, done.stdout, done.stderr)

    def process(self, *words: str | Path, **environment: str) -> Done:
        """A command as people give it: a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *map(str, words)], cwd=self.folder, capture_output=True, text=True,
            env=os.environ | self.environment | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | environment,
            check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def fails(self, *words: str | Path, code: int = 1, **environment: str) -> str:
        """The message with which a command ends."""
        done = self(*words, **environment)
        assert (done.code, done.out) == (code, "")
        return done.err

    def file(self, name: str, content: str | bytes) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def open(self, *words: str, questionnaire: str = "kurzform", voice: str = "administration") -> str:
        """Opens a survey; gives its id."""
        if not (self.folder / "stadt.toml").exists():
            self("commune", "init", self.folder / "stadt.toml")
        done = self("survey", "open", questionnaire, "--commune", self.folder / "stadt.toml", "--voice", voice, "--yes",
                    "--format", "json", *words)  # fmt: skip
        return str(done.json["survey"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with nothing on it."""
    return Desk(tmp_path)


def sheets(number: int, rows: dict[str, str], voice: str = "administration") -> str:
    """A CSV of so many people who all answer the same."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["respondent", "voice", "language", "question", "answer"])
    for person in range(number):
        lines.writerows([f"Bogen {person}", voice, "de", q, a] for q, a in rows.items())
    return out.getvalue()


# ---- the golden case --------------------------------------------------------------------------------------------


def test_dessau_rosslau_comes_out_of_the_command_line_as_it_was_printed(desk: Desk) -> None:
    assert desk.process("commune", "init", "stadt.toml").code == 0
    opened = desk.process("survey", "open", "kurzform", "--commune", "stadt.toml", "--voice", "administration", "--yes",
                          "--format", "json")  # fmt: skip
    assert f"made a new database {desk.folder / 'w.db'} and a new key {desk.folder / 'w.key'}" in opened.err
    survey = opened.json["survey"]
    assert re.fullmatch(r"[A-Z2-9]{8}", opened.json["codes"]["administration"]["code"])
    desk.file("bogen.csv", sheets(12, MARKS))
    taken = desk.process("answers", "import", "bogen.csv", "--survey", survey, "--format", "json")
    assert (taken.json, taken.err) == ({"survey": survey, "respondents": 12}, "")
    closed = desk.process("survey", "close", survey, "--format", "json")
    assert closed.json["withheld"] == {"administration": False}
    done = desk.process("report", survey, "--format", "json")
    found = done.json["voices"]["administration"]
    criteria = [c for f in found["fields"] for c in f["criteria"]]
    assert len(MARKS) == 34
    assert {c["id"]: c["mark"] or max(c["counts"], key=c["counts"].get) for c in criteria} == MARKS
    assert {c["id"]: c["n"] for c in criteria} == {one: 0 if m == "cannot-say" else 12 for one, m in MARKS.items()}
    levels = {f["id"]: f["level"] for f in found["fields"]} | {"overall": found["overall"]["level"]}
    assert levels == LEVELS == GOLDEN["levels"] | {"overall": GOLDEN["overall"]}
    assert (found["focus"], GOLDEN["focus"]) == (["1", "4", "5", "7"], ["1", "4", "5", "7"])
    assert (found["n"], found["not_handed_in"], done.json["release"]["digest"]) == (12, None, closed.json["release"])
    status = desk("survey", "status", survey, "--format", "json").json["voices"]["administration"]
    assert (status["n"], status["at_least"]) == (12, 12)
    desk.process("report", survey, "--format", "json", "-o", "auswertung.json")
    assert (desk.folder / "auswertung.json").read_text("utf-8") == done.out


def test_nine_of_the_administration_are_withheld_without_their_number(desk: Desk) -> None:
    survey = desk.open()
    desk("answers", "import", desk.file("bogen.csv", sheets(9, {**MARKS, "o1": "Kanarienaussage"})), "--survey", survey)
    closed = desk("survey", "close", survey)
    assert closed.out.splitlines()[1:] == [
        "  administration: withheld, to protect a small group: fewer than 10 handed in, or fewer than 10 on "
        "telephones of their own beside paper and shared ones",
        f"now: weltoffen report {survey} --format html -o auswertung.html",
    ]
    found = desk("report", survey, "--format", "json").json["voices"]["administration"]
    standings = [*found["fields"], found["overall"]]
    criteria = [c for f in found["fields"] for c in f["criteria"]]
    assert {(c["n"], c["mark"], c["mean"], c["counts"], c["reason"]) for c in criteria} == {
        (None, None, None, None, "withheld")
    }
    assert {(s["level"], s["mean"], s["answered"], s["reason"]) for s in standings} == {(None, None, None, "withheld")}
    assert (len(criteria), found["n"], found["reason"], found["focus"]) == (34, None, "withheld", [])
    shown = [desk("digest", survey).out, desk("report", survey).out, desk("survey", "status", survey).out,
             desk("answers", "export", survey).out, desk("statements", "list", survey).out]  # fmt: skip
    assert [text for text in shown if re.search(r"\b9 (Mensch|Person|people|abge)|Kanarienaussage", text)] == []
    assert "administration: code" in shown[2] and "withheld, to protect a small group" in shown[2]
    assert "withheld" in desk.fails(
        "answers", "export", survey, "--rows", "--voice", "administration", "-o", desk.folder / "z.csv"
    )


def test_an_open_survey_shows_no_figure_but_steps(desk: Desk) -> None:
    survey = desk.open()
    desk("answers", "import", desk.file("bogen.csv", sheets(12, MARKS)), "--survey", survey)
    for words in (["report", survey], ["explain", survey, "1.1"], ["answers", "export", survey]):
        assert re.search("has no release yet|not closed yet", desk.fails(*words))
    status = desk("survey", "status", survey).out.replace(survey, "")
    assert "12" not in desk("digest", survey).out + status
    assert status.splitlines()[1].endswith("handed in fewer than 10")
    assert status.splitlines()[2:] == [
        "  weltoffen run alone renews these numbers, with some delay, so that none tells of a single one"
    ]


# ---- what can be done with a result -----------------------------------------------------------------------------


@pytest.fixture
def result(desk: Desk) -> tuple[Desk, str]:
    """A closed survey of twelve people who also said something."""
    survey = desk.open()
    rows = sheets(12, MARKS) + "".join(f"Bogen {n},administration,de,o1,Aussage {n}\n" for n in range(12))
    desk("answers", "import", desk.file("bogen.csv", rows), "--survey", survey)
    desk("survey", "close", survey)
    return desk, survey


def test_every_number_can_be_explained(result: tuple[Desk, str]) -> None:
    desk, survey = result
    for what in ("1.4", "5", "overall"):
        done = desk("explain", survey, what)
        assert (done.code, len(done.out.splitlines()) > 3) == (0, True)
    assert desk("explain", survey, "1.4", "--locale", "ar").out != desk("explain", survey, "1.4").out
    assert "kurzform-1 has no '9.9'" in desk.fails("explain", survey, "9.9")


def test_the_table_is_exported_for_people_and_for_excel(result: tuple[Desk, str]) -> None:
    desk, survey = result
    rows = list(csv.reader(io.StringIO(desk("answers", "export", survey).out)))
    assert rows[0] == ["voice", "n", "field", "criterion", "title", "mark", "reason", "mean", "ratings"]
    assert {r[3]: r[5] or r[6] for r in rows[1:]} == {
        k: {"cannot-say": "not-rated"}.get(m, m) for k, m in MARKS.items()
    }
    desk("answers", "export", survey, "--excel", "-o", desk.folder / "tabelle.csv")
    content = (desk.folder / "tabelle.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfvoice;n;field;criterion;title;mark;reason;mean;ratings\r\n")


def test_rows_leave_for_the_server_alone(result: tuple[Desk, str]) -> None:
    desk, survey = result
    file, words = desk.folder / "zeilen.csv", ["answers", "export", survey, "--rows"]
    assert "needs --voice" in desk.fails(*words, "-o", file)
    assert "needs a file" in desk.fails(*words, "--voice", "administration")
    done = desk(*words, "--voice", "administration", "-o", file)
    assert (done.out, "single answers" in done.err, file.stat().st_mode & 0o777) == ("", True, 0o600)
    lines = list(csv.reader(io.StringIO(file.read_text("utf-8"))))
    assert lines == [list(MARKS), *[list(MARKS.values())] * 12]
    assert "File exists" in desk.fails(*words, "--voice", "administration", "-o", file)


def test_statements_are_read_released_dropped_and_redacted(result: tuple[Desk, str]) -> None:
    desk, survey = result
    listed = desk("statements", "list", survey, "--format", "json").json["statements"]
    assert sorted(s["text"] for s in listed) == sorted(f"Aussage {n}" for n in range(12))
    assert [s["id"] for s in listed] == sorted(s["id"] for s in listed)
    ids = {s["text"]: s["id"] for s in listed}
    done = desk("statements", "release", survey, *(ids[f"Aussage {n}"] for n in (1, 2, 3, 1)))
    assert (done.code, done.out) == (0, "3 released\n")
    assert desk("statements", "drop", survey, ids["Aussage 2"]).code == 0
    assert desk("statements", "reset", survey, ids["Aussage 3"]).code == 0
    assert desk("statements", "redact", survey, ids["Aussage 4"], "[…] war nett").code == 0
    shown = desk("digest", survey).out.replace("\u2068", "").replace("\u2069", "")
    assert sorted(re.findall(r"„(.*)“", shown)) == ["Aussage 1", "[…] war nett"]
    states = {s["text"]: s["state"] for s in desk("statements", "list", survey, "--format", "json").json["statements"]}
    assert {t: s for t, s in states.items() if s != "new"} == {
        "Aussage 1": "released", "Aussage 2": "dropped", "[…] war nett": "released",
    }  # fmt: skip
    assert b"Aussage 4" not in b"".join(p.read_bytes() for p in desk.folder.glob("w.db*"))
    some = [ids["Aussage 5"], "00000000"]
    assert "there is no statement 00000000" in desk.fails("statements", "release", survey, *some)
    assert [s["state"] for s in desk("statements", "list", survey, "--format", "json").json["statements"]
            if s["text"] == "Aussage 5"] == ["new"]  # fmt: skip
    assert "the new text is empty" in desk.fails("statements", "redact", survey, ids["Aussage 5"], " \u200f ")


def test_statements_are_also_found_where_the_survey_stands_before_the_command(result: tuple[Desk, str]) -> None:
    desk, survey = result
    for words in (["list", "--format", "json"], ["list", "--state", "new"]):
        name, *rest = words
        assert desk("statements", survey, *words).out == desk("statements", name, survey, *rest).out != ""
    one, two, *_ = [s["id"] for s in desk("statements", "list", survey, "--format", "json").json["statements"]]
    assert desk("statements", survey, "release", one, two).out == "2 released\n"
    assert desk("statements", survey, "redact", "--", one, "-[…]").out == "1 redacted and released\n"
    assert f"No such command '{survey}'" in desk.fails("statements", survey, "lost", code=2)


def test_whoever_closes_a_survey_is_told_of_the_texts_that_wait(desk: Desk) -> None:
    survey = desk.open()
    rows = sheets(12, MARKS) + "".join(f"Bogen {n},administration,de,o1,Aussage {n}\n" for n in range(12))
    desk("answers", "import", desk.file("bogen.csv", rows), "--survey", survey)
    done = desk("survey", "close", survey)
    assert done.out.splitlines()[1:] == [
        "  administration: released",
        f"texts that wait to be read and released: 12; weltoffen statements list {survey} --state new",
        f"then: weltoffen report {survey} --format html -o auswertung.html",
    ]


def test_the_digest_and_the_report_exist_in_every_language(result: tuple[Desk, str]) -> None:
    desk, survey = result
    digests = {code: desk("digest", survey, "--locale", code).out for code in ("de", "en", "ar")}
    assert len(set(digests.values())) == 3
    assert desk("digest", survey, "--format", "json").json == {
        "survey": survey, "locale": "de", "text": digests["de"].removesuffix("\n"),
    }  # fmt: skip
    pages = [desk("report", survey, "--locale", code).out for code in ("de", "ar")]
    assert ['<html lang="de"' in pages[0], 'dir="rtl"' in pages[1]] == [True, True]


def test_surveys_are_listed_and_watched(desk: Desk) -> None:
    assert "there is no database" in desk.fails("survey", "list")
    first = desk.open("--closes", "2099-12-01T18:00+01:00")
    second = desk.open(questionnaire="dialog", voice="society")
    listed = {s["survey"]: s for s in desk("survey", "list", "--format", "json").json["surveys"]}
    assert {i: (s["questionnaire"], s["status"], s["voices"], s["closes"]) for i, s in listed.items()} == {
        first: ("kurzform-1", "open", ["administration"], "2099-12-01T17:00:00+00:00"),
        second: ("dialog-1", "open", ["society"], None),
    }
    done = desk("survey", "status", first, "--format", "json").json
    assert (done["voices"]["administration"]["at_least"], done["release"], done["erased"]) == (0, None, False)


def test_a_poster_is_written_once_the_bot_is_known(desk: Desk) -> None:
    survey = desk.open()
    assert "needs the bot's username" in desk.fails("survey", "poster", survey, desk.folder / "plakat.svg")
    desk("survey", "poster", survey, desk.folder / "plakat.svg", TELEGRAM_BOT_USERNAME="probe_bot")
    assert "@probe_bot" in (desk.folder / "plakat.svg").read_text("utf-8")


def test_a_poster_speaks_the_languages_of_its_survey_and_is_an_svg(desk: Desk) -> None:
    survey, plakat = desk.open("--language", "de", "--language", "fr"), desk.folder / "plakat.svg"
    desk("survey", "poster", survey, plakat, TELEGRAM_BOT_USERNAME="probe_bot")
    assert set(re.findall(r'<text [^>]*lang="([^"]+)"', plakat.read_text("utf-8"))) == {"de", "fr"}
    told = "a poster is an SVG, which browsers and printers take; name it plakat.svg\n"
    for words in (["survey", "poster", survey, desk.folder / "plakat.pdf"],
                  ["survey", "open", "dialog", "--commune", desk.folder / "stadt.toml", "--yes",
                   "--poster", desk.folder / "plakat.pdf"]):  # fmt: skip
        assert desk.fails(*words).endswith(told)
    assert len(desk("survey", "list", "--format", "json").json["surveys"]) == 1


def test_a_sheet_is_printed_and_what_is_typed_into_its_table_comes_back(desk: Desk) -> None:
    survey = desk.open("--language", "de", "--language", "fa", "--closes", "2099-12-01", voice="society")
    bogen, tabelle = desk.folder / "bogen.html", desk.folder / "bogen.csv"
    done = desk("survey", "paper", survey, "--locale", "fa", "-o", bogen)
    assert (done.code, done.out, done.err) == (0, "", (
        f"wrote {bogen}\n"
        "type the sheets in until 2099-12-01 00:00, and destroy them and the table by the day of deletion, as they "
        "promise\n"
    ))  # fmt: skip
    source = bogen.read_text("utf-8")
    assert '<html lang="fa" dir="rtl">' in source
    assert f"{survey} · kurzform-1 · society · fa" in source
    assert "30 نوامبر 2099" in source  # the last whole day before it closes
    printed = desk("survey", "paper", survey, "--until", "2099-11-20").out
    assert ("20. November 2099" in printed, "2099-12-01" in printed) == (True, False)

    done = desk("survey", "paper", survey, "--locale", "fa", "--csv", tabelle, "--sheets", "3")
    assert (done.out, done.err) == ("", f"wrote {tabelle}\n")
    head, first, second, third = tabelle.read_text("utf-8-sig").splitlines()
    typed = [head, first.replace(";;", ";1;", 1), second.replace(";;", ";4;", 1), third]
    desk.file("getippt.csv", "\n".join(typed))
    taken = desk("answers", "import", desk.folder / "getippt.csv", "--survey", survey)
    assert taken.out == "2 respondents imported\n"
    with closing(sqlite3.connect(desk.folder / "w.db")) as db:
        found = db.execute("SELECT value, count(*) FROM answer WHERE question = '1.1' GROUP BY value").fetchall()
    assert dict(found) == {"yes": 1, "no": 1}


def test_a_sheet_that_cannot_be_is_refused_with_what_can(desk: Desk) -> None:
    one = desk.open("--language", "de", "--closes", "2099-12-01T18:00")
    two = desk.open("--voice", "politics")
    town = desk.open(questionnaire="selbstcheck")
    told = {
        f"survey {one} is not offered in fa; --locale can be: de": (one, "--locale", "fa"),
        f"survey {one} does not ask the voice society; --voice can be: administration": (one, "--voice", "society"),
        f"survey {two} asks several voices; --voice can be: administration, politics": (two,),
        "--until must lie before the survey closes, 2099-12-01 18:00": (one, "--until", "2099-12-02"),
        "--until lies in the past": (one, "--until", "2026-01-01"),
        f"survey {town} is a municipality's statement, its departments get spreadsheets: weltoffen statement sheet "
        f"{town} --all -o boegen/": (town,),
    }
    assert {desk.fails("survey", "paper", *words) for words in told.values()} == {f"Error: {why}\n" for why in told}
    desk("survey", "close", two)
    assert desk.fails("survey", "paper", two).endswith(f"Error: survey {two} is closed and takes no more answers\n")


def test_who_opens_a_survey_is_told_what_comes_next(desk: Desk) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    words = ["survey", "open", "dialog", "--commune", desk.folder / "stadt.toml", "--language", "de", "--yes"]
    done = desk(*words)
    survey = done.out.split()[1]
    assert done.out.splitlines()[-3:] == [
        "  languages: de",
        f"the notice offers paper: weltoffen survey paper {survey} --voice society --locale de -o bogen.html",
        f"now: weltoffen run, and in a second terminal: weltoffen survey poster {survey} plakat.svg",
    ]
    plakat = desk.folder / "plakat.svg"
    failed = desk(*words, "--poster", plakat)
    assert failed.code == 1
    assert failed.err.endswith(f"then: weltoffen survey poster {failed.out.split()[1]} {plakat}\n")


def test_what_a_commune_s_file_still_says_of_musterstadt_is_named(desk: Desk) -> None:
    stadt = desk.folder / "stadt.toml"
    desk("commune", "init", stadt)
    told = (
        f"{stadt} still says of the made-up Musterstadt: name, contact, controller, data_protection_officer; people "
        "read it in the notice\n"
    )
    words = ["survey", "open", "dialog", "--commune", stadt, "--yes"]
    assert (desk("commune", "check", stadt).err, desk(*words).err.startswith(told)) == (told, True)
    stadt.write_text(stadt.read_text("utf-8").replace("usterstadt", "ariental").replace("0000 0000", "1"), "utf-8")
    assert (desk("commune", "check", stadt).err, desk(*words).err) == ("", "")


@pytest.mark.parametrize(
    "words",
    [
        ["commune", "init", "FILE/stadt.toml"],
        ["questionnaire", "export", "kurzform", "-o", "FILE/formulare"],
        ["texts", "preview", "--locale", "ar", "-o", "FILE/ar.html"],
        ["texts", "export", "--locale", "ar", "--domain", "dialog-1", "-o", "FILE/ar.xlsx"],
        ["report", "template", "-o", "FILE/amt.docx"],
        ["demo", "--headless", "--out", "FILE/out"],
        ["texts", "preview", "--locale", "ar", "--questionnaire", "langform"],
        ["questionnaire", "export", "langform", "-o", "formulare"],
    ],
)
def test_a_command_without_a_database_ends_with_a_clear_word_too(desk: Desk, words: list[str]) -> None:
    file = desk.file("datei", "keine Mappe")
    told = desk.fails(*(w.replace("FILE", str(file)) for w in words))
    assert re.fullmatch(r"Error: (\S+: (Not a directory|File exists)|there is no questionnaire 'langform'; .*)\n", told)


def test_an_invitation_prints_its_secret_and_keeps_only_its_hash(desk: Desk) -> None:
    desk.open()
    done = desk("organiser", "invite", "--commune", desk.folder / "stadt.toml", "--format", "json")
    secret = done.json["start"].removeprefix("org-")
    assert (len(secret) >= 22, done.json["link"]) == (True, None)
    assert secret.encode() not in b"".join(p.read_bytes() for p in desk.folder.glob("w.db*"))
    assert "0 organisers are shut out" in desk("organiser", "dismiss", "--commune", desk.folder / "stadt.toml").out


def test_the_project_checks_itself_and_its_texts(desk: Desk) -> None:
    assert desk("check", "--format", "json").json == {"problems": []}
    rows = desk("texts", "status", "--format", "json").json["texts"]
    everywhere = {"assessment-1", "dialog-1", "kurzform-1", "messages"}
    some = everywhere | {"selbstcheck-1", "workshop-1", "statement"}
    offered = [r for r in rows if r["offered"]]
    assert {code: {r["domain"] for r in offered if r["language"] == code} for code in languages()} == {
        code: some if code in ("de", "en") else everywhere for code in languages()
    }
    assert [r for r in offered if r["translated"] != r["texts"] or r["fuzzy"]] == []
    assert not (desk.folder / "w.db").exists()


def test_an_update_of_the_texts_makes_no_catalogue_that_a_language_does_not_keep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = desk.folder / "locales"
    monkeypatch.setattr("bot.cli.texts.FOLDER", beside)  # what is written lies here, what is read where it always does
    desk("texts", "update")
    made = {code: {path.stem for path in (beside / code).glob("*/*.po")} for code in ("en", "ar")}
    assert made["en"] - made["ar"] == {"selbstcheck-1", "workshop-1", "statement"}
    assert made["ar"] == {"assessment-1", "dialog-1", "kurzform-1", "messages"}
    for path in beside.glob("*/*/*.po"):
        assert path.read_bytes() == (FOLDER / path.relative_to(beside)).read_bytes()


def test_a_questionnaire_goes_out_as_forms_and_comes_back_with_its_catalogues(desk: Desk) -> None:
    listed = desk("questionnaire", "list", "--format", "json").json["questionnaires"]
    assert [(q["questionnaire"], q["ratings"], q["open"]) for q in listed] == [
        ("dialog-1", 0, 3), ("kurzform-1", 34, 2), ("selbstcheck-1", 105, 14), ("workshop-1", 0, 24),
    ]  # fmt: skip
    assert listed[1]["lix"] == {
        "administration": {"de": 41.2, "de@simple": 31.7}, "politics": {"de": 40.8, "de@simple": 31.3},
        "society": {"de": 33.6, "de@simple": 28.8},
    }  # fmt: skip
    assert listed[2]["lix"] == {"administration": {"de": 45.4}}
    out, back = desk.folder / "formulare", desk.folder / "neu"
    desk("questionnaire", "export", "dialog", "-o", str(out))
    files = sorted(map(str, out.glob("*.xlsx")))
    assert [Path(f).name for f in files] == [
        f"dialog-1-{v}.xlsx" for v in ("administration", "politics", "society")
    ]  # fmt: skip
    desk("questionnaire", "import", *files, "-o", str(back))
    assert (back / "dialog-1.toml").exists()
    for code in ("en", "ar"):
        place = Path(code) / "LC_MESSAGES" / "dialog-1.po"
        assert entries(back / place) == entries(FOLDER / place)
    (out / "x.xlsx").write_bytes(b"nichts")
    told = desk.fails("questionnaire", "import", str(out / "x.xlsx"), "-o", str(desk.folder / "nie"))
    assert "nothing was written" in told and "x.xlsx: the file is damaged, or no spreadsheet" in told
    assert not (desk.folder / "nie").exists()


# ---- a clear word for what is wrong -----------------------------------------------------------------------------


def test_database_and_key_that_are_missing_or_strange_are_named(desk: Desk) -> None:
    assert desk.fails("survey", "list") == (
        f"Error: there is no database {desk.folder / 'w.db'}; set WELTOFFEN_DATABASE, or make one with: "
        "weltoffen survey open\n"
    )
    desk.open()
    key = (desk.folder / "w.key").read_bytes()
    (desk.folder / "w.key").unlink()
    assert f"but the key file {desk.folder / 'w.key'} is missing" in desk.fails("survey", "list")
    desk.file("w.key", "0" * 64)
    assert "does not belong to the database" in desk.fails("survey", "list")
    desk.file("w.key", key)
    (desk.folder / "w.db").rename(desk.folder / "weg.db")
    assert f"but the database {desk.folder / 'w.db'} is missing" in desk.fails("survey", "list")
    desk.file("w.db", "Das ist keine Datenbank. " * 100)
    assert "cannot be used: file is not a database" in desk.fails("survey", "list")
    desk.file("w.db", (desk.folder / "weg.db").read_bytes())
    assert desk("survey", "list").code == 0


@pytest.mark.parametrize(
    ("token", "word"), [("", "no token: set TELEGRAM_BOT_TOKEN"), ("Kanarientoken", "is not a token")]
)
def test_a_token_that_is_none_is_refused_without_showing_it(desk: Desk, token: str, word: str) -> None:
    desk.open()
    told = desk.fails("run", TELEGRAM_BOT_TOKEN=token)
    assert (word in told, "Kanarientoken" in told) == (True, False)
    missing = desk.fails("run", TELEGRAM_BOT_TOKEN_FILE=str(desk.folder / "nirgends"))
    assert f"{desk.folder / 'nirgends'} cannot be read (No such file or directory)" in missing
    desk.file("token", b"\xff\xfe\x00")
    assert "cannot be read" in desk.fails("run", TELEGRAM_BOT_TOKEN_FILE=str(desk.folder / "token"))


async def test_a_token_that_telegram_refuses_and_a_second_bot_end_with_a_clear_word(desk: Desk) -> None:
    await asyncio.to_thread(desk.open)
    standin = await start("4343:another-secret-another-secret")
    desk.environment |= {"TELEGRAM_API_URL": standin.url, "TELEGRAM_BOT_TOKEN": TOKEN}
    told = await asyncio.to_thread(desk.process, "run", "--log", "DEBUG")
    assert (told.code, told.err.splitlines()[-1]) == (1, "Error: Telegram does not accept the token")
    assert TOKEN.split(":")[1] not in told.err
    with (desk.folder / "w.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = await asyncio.to_thread(desk.process, "run")
    assert (second.code, second.err) == (1, f"Error: weltoffen run is already working on {desk.folder / 'w.db'}\n")
    await standin.close()


def test_unknown_surveys_and_questionnaires_are_answered_with_those_there_are(desk: Desk) -> None:
    survey = desk.open()
    for words in (["survey", "status"], ["survey", "close"], ["report"], ["digest"]):
        assert desk.fails(*words, "zzzzzz") == f"Error: there is no survey 'zzzzzz'; there are: {survey}\n"
    assert "there is no survey 'zzzzzz'" in desk.fails("statements", "list", "zzzzzz")
    assert "there is no survey 'zzzzzz'" in desk.fails("explain", "zzzzzz", "1")
    told = desk.fails("survey", "open", "langform", "--commune", desk.folder / "stadt.toml", "--yes")
    assert "there is no questionnaire 'langform'; there are: " in told


def test_a_survey_closes_once_and_takes_nothing_afterwards(desk: Desk) -> None:
    survey = desk.open()
    file = desk.file("bogen.csv", sheets(10, {"1.1": "yes"}))
    assert desk("answers", "import", file, "--survey", survey).out == "10 respondents imported\n"
    assert "this very file has been imported" in desk.fails("answers", "import", file, "--survey", survey)
    assert desk("survey", "close", survey).code == 0
    assert f"survey {survey} is closed already" in desk.fails("survey", "close", survey)
    other = desk.file("mehr.csv", sheets(11, {"1.1": "no"}))
    assert "is closed and takes no more answers" in desk.fails("answers", "import", other, "--survey", survey)
    found = desk("report", survey, "--format", "json").json["voices"]["administration"]
    assert found["n"] == 10


def test_every_bad_row_is_named_with_its_line_and_nothing_is_imported(desk: Desk) -> None:
    survey = desk.open()
    head, good = "respondent,voice,language,question,answer", "a,administration,de,1.1,yes"
    rows = [
        head, good,
        "a,administration,de,1.2,vielleicht", "b,society,de,1.1,yes", "b,administration,xx,1.1,yes",
        "b,administration,de,9.9,yes", ",administration,de,1.1,yes", "a,administration,en,1.3,yes", good,
        "c,administration,de,1.1", "", "d,administration,de,o1,", f"d,administration,de,o1,{'x' * 2001}",
    ]  # fmt: skip
    told = desk.fails("answers", "import", desk.file("bogen.csv", "\n".join(rows)), "--survey", survey).splitlines()
    assert told == [
        f"Error: {desk.folder / 'bogen.csv'}: nothing was imported",
        "  line 3: answer 'vielleicht' is none of 1 to 5, yes, rather-yes, rather-no, no, cannot-say, skipped",
        "  line 4: voice 'society' is none of administration",
        f"  line 5: language 'xx' is none of {', '.join(languages())}",
        "  line 6: there is no question '9.9' in kurzform-1",
        "  line 7: respondent is empty",
        "  line 8: respondent 'a' had voice administration and language de before",
        "  line 9: respondent 'a' answers 1.1 a second time",
        "  line 10: 4 columns instead of 5",
        "  line 12: answer is empty",
        "  line 13: answer is longer than 2000 characters",
    ]
    assert desk("answers", "import", desk.file("gut.csv", f"{head}\n{good}"), "--survey", survey).code == 0


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "line 1: the columns must be"), (b"a,b\n1,2\n", "line 1: the columns must be"),
        ("respondent,voice,language,question,answer\nä".encode("latin-1"), "the file is not UTF-8"),
        (b"respondent,voice,language,question,answer\n\0", "holds NUL bytes"),
        (b"respondent,voice,language,question,answer\n", "the file holds no answers"),
        (b'respondent,voice,language,question,answer\n"a,society,de,1.1,yes\n', "line 2: unexpected end of data"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_csv_of_answers_is_refused(desk: Desk, content: bytes, word: str) -> None:
    survey = desk.open()
    assert word in desk.fails("answers", "import", desk.file("bogen.csv", content), "--survey", survey)


def test_a_csv_from_excel_is_taken_too(desk: Desk) -> None:
    survey = desk.open()
    rows = "\ufeffRespondent;Voice;Language;Question;Answer\r\na;administration;de;1.1;yes\r\n\r\n;;;;\r\n"
    assert desk("answers", "import", desk.file("x.csv", rows), "--survey", survey).out == "1 respondents imported\n"


@pytest.mark.parametrize(
    ("times", "code", "word"),
    [
        (["--closes", "morgen"], 2, "'morgen' is no moment; write 2026-12-01"),
        (["--closes", "2026-02-30"], 2, "is no moment"),
        (["--closes", "0001-01-01"], 2, "is no moment"),
        (["--opens", "9999-12-31T23:59"], 2, "is no moment"),
        (["--closes", "2020-01-01"], 1, "--closes must lie in the future, and after --opens"),
        (["--opens", "2099-02-01", "--closes", "2099-01-01"], 1, "--closes must lie in the future, and after --opens"),
    ],
)
def test_a_bad_moment_opens_nothing(desk: Desk, times: list[str], code: int, word: str) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    told = desk.fails("survey", "open", "kurzform", "--commune", desk.folder / "stadt.toml", "--yes", *times, code=code)
    assert word in told
    assert not (desk.folder / "w.db").exists()


def test_a_commune_file_that_is_not_filled_in_opens_nothing(desk: Desk) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    whole = (desk.folder / "stadt.toml").read_text("utf-8")
    assert "exists already and is left as it is" in desk.fails("commune", "init", desk.folder / "stadt.toml")
    assert desk("commune", "check", desk.folder / "stadt.toml").code == 0
    lines = [x for x in whole.splitlines() if not x.startswith(("legal_basis", "kind"))]
    lines = [x.replace("retention_days = 90", "retention_days = 0") for x in lines]
    bad = desk.file("halb.toml", "\n".join(lines))
    expected = {"halb.toml: kind is missing", "halb.toml: legal_basis is missing",
                "halb.toml: retention_days must be a whole number from 1 to 3650"}  # fmt: skip
    for words in (["commune", "check", bad], ["survey", "open", "kurzform", "--commune", bad, "--yes"]):
        assert set(desk.fails(*words).removeprefix("Error: ").splitlines()) == expected
    for name, content in {"a.toml": whole.encode("latin-1", "replace"), "b.toml": b"name = "}.items():
        path = desk.file(name, content)
        for words in (["commune", "check", path], ["survey", "open", "kurzform", "--commune", path, "--yes"],
                      ["organiser", "invite", "--commune", path]):  # fmt: skip
            assert desk.fails(*words).startswith("Error: ")
    assert not (desk.folder / "w.db").exists()


def test_the_promises_must_be_confirmed(desk: Desk) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    words = ["survey", "open", "kurzform", "--commune", str(desk.folder / "stadt.toml")]
    done = CliRunner().invoke(main, words, env=desk.environment, input="n\n")
    assert (done.exit_code, (desk.folder / "w.db").exists()) == (1, False)
    assert "Vorgesetzte sehen Ihre Antworten nicht" in done.stderr
    done = CliRunner().invoke(main, [*words, "--language", "de"], env=desk.environment, input="y\n")
    assert (done.exit_code, (desk.folder / "w.db").exists()) == (0, True)


@pytest.mark.parametrize(("answer", "offered"), [("y", {"de", "en", "ar"}), ("n", {"de"})])
def test_a_language_that_nobody_has_reviewed_is_offered_only_where_the_organiser_says_so(
    desk: Desk, answer: str, offered: set[str]
) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    words = ["survey", "open", "dialog", "--commune", str(desk.folder / "stadt.toml"), "--format", "json"]
    given = [w for code in ("de", "en", "ar") for w in ("--language", code)]
    done = CliRunner().invoke(main, [*words, *given], env=desk.environment, input=f"y\n{answer}\n")
    assert done.exit_code == 0
    assert "translated by machine, notice and questions reviewed by nobody: English (en), العربية (ar)" in done.stderr
    with sqlite3.connect(desk.folder / "w.db") as database:
        ((kept,),) = database.execute("SELECT languages FROM survey").fetchall()
    assert set(json.loads(kept)) == offered


def test_a_database_that_is_busy_is_no_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = desk.open()
    monkeypatch.setattr("conversations.store.file.BUSY", 1)
    monkeypatch.setattr("conversations.store.file.PRAGMAS", ("PRAGMA busy_timeout = 1",))
    other = sqlite3.connect(desk.folder / "w.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "database is locked" in desk.fails("survey", "status", survey)
    other.close()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("conversations.store.surveys.note", full)
    told = desk.fails("survey", "close", survey)
    assert told == "Error: the database cannot be used now (database or disk is full); try again\n"
    assert desk("survey", "status", survey, "--format", "json").json["status"] == "open"


def test_a_damaged_database_is_not_told_to_be_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = desk.open()

    def malformed(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr("conversations.store.surveys.note", malformed)
    assert desk.fails("survey", "close", survey) == (
        "Error: the database cannot be used (database disk image is malformed); if it is damaged, put a backup in its "
        "place: weltoffen restore FILE\n"
    )


def test_a_redaction_that_is_not_wiped_yet_says_so(result: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch) -> None:
    desk, survey = result
    monkeypatch.setattr(Store.forget, "__defaults__", (1, 0.0))
    ((one, *_),) = [desk("statements", "list", survey, "--format", "json").json["statements"]]
    reader = sqlite3.connect(desk.folder / "w.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM statement").fetchone()
    held = desk("statements", "redact", survey, one["id"], "[…]")
    reader.close()
    free = desk("statements", "redact", survey, one["id"], "[… …]")
    assert ["another process holds the database" in done.err for done in (held, free)] == [True, False]


# ---- mirror and waves -------------------------------------------------------------------------------------------


@pytest.fixture
def two(desk: Desk) -> tuple[Desk, str, str]:
    """Twelve of the administration, and twelve of society who say "nein" to housing and "ja" to monitoring."""
    found = []
    for voice, changes in (("administration", {}), ("society", {"2.4": "no", "1.4": "yes"})):
        survey = desk.open(voice=voice)
        desk("answers", "import", desk.file("b.csv", sheets(12, MARKS | changes, voice)), "--survey", survey)
        desk("survey", "close", survey)
        found.append(survey)
    return desk, found[0], found[1]


def test_two_surveys_stand_in_one_mirror(two: tuple[Desk, str, str]) -> None:
    desk, staff, residents = two
    found = desk("mirror", staff, residents, "--format", "json").json
    assert [(s["id"], s["n"], s["withheld"]) for s in found["sides"]] == [
        (f"{staff}:administration", 12, False), (f"{residents}:society", 12, False),
    ]  # fmt: skip
    gaps = {c["id"]: c["gap"] for c in found["criteria"]}
    assert {one: gap for one, gap in gaps.items() if gap != 0} == {
        "2.4": 3, "1.1": None, "1.3": None, "1.4": None, "2.6": None,
    }  # fmt: skip
    done = desk.process("mirror", staff, residents, "--locale", "ar", "-o", "spiegel.html")
    assert (done.code, done.err) == (0, "wrote spiegel.html\n")
    page = (desk.folder / "spiegel.html").read_text("utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    wide = desk("report", staff, "--mirror", residents).out
    assert (wide.count('id="mirror"'), wide.count('id="waves"')) == (1, 0)


def test_a_survey_is_compared_with_the_last(desk: Desk) -> None:
    old, new = desk.open(), desk.open()
    for survey, marks in ((old, MARKS), (new, MARKS | {"1.4": "yes"})):
        desk("answers", "import", desk.file("b.csv", sheets(12, marks)), "--survey", survey)
        desk("survey", "close", survey)
    found = desk("waves", old, new, "--format", "json").json
    changed = {c["id"]: c["change"] for c in found["voices"]["administration"]["criteria"] if c["change"]}
    assert (changed, found["before"]["survey"], found["after"]["survey"]) == ({"1.4": 3}, old, new)
    assert desk("waves", old, new).out.count("1 Stufe höher") == 1  # field 1: from 7/4 to 10/4
    assert desk("report", new, "--since", old).out.count('id="waves"') == 1


def test_what_cannot_stand_side_by_side_is_refused_in_clear_words(two: tuple[Desk, str, str]) -> None:
    desk, staff, residents = two
    desk.file("jever.csv", sheets(12, MARKS))
    desk.file("jever.toml", (desk.folder / "stadt.toml").read_text("utf-8").replace('"Musterstadt"', '"Jever"'))
    elsewhere = desk("survey", "open", "kurzform", "--commune", desk.folder / "jever.toml", "--voice", "administration",
                     "--yes", "--format", "json").json["survey"]  # fmt: skip
    told = desk.fails("mirror", staff, elsewhere)
    assert told == f"Error: survey {elsewhere} has no release yet: weltoffen survey close {elsewhere}\n"
    desk("answers", "import", desk.folder / "jever.csv", "--survey", elsewhere)
    desk("survey", "close", elsewhere)
    for command in ("mirror", "waves"):
        assert "these surveys are of different communes: " in desk.fails(command, staff, elsewhere)
        assert f"survey {staff} is named twice" in desk.fails(command, staff, staff)
        assert "there is no survey 'zzzzzz'" in desk.fails(command, staff, "zzzzzz")
    assert "no voice in common" in desk.fails("waves", staff, residents)
    assert f"survey {staff} is named twice" in desk.fails("report", staff, "--mirror", staff)
    assert "weltoffen mirror" in desk.fails("report", staff, "--mirror", residents, "--format", "json", code=2)


# ---- help -------------------------------------------------------------------------------------------------------


def commands(group: click.Group, context: click.Context, path: str) -> Iterator[tuple[str, str]]:
    """Every command with its help."""
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        inner = click.Context(found, info_name=name, parent=context)
        yield f"{path} {name}", found.get_help(inner)
        if isinstance(found, click.Group):
            yield from commands(found, inner, f"{path} {name}")


def test_the_help_of_every_command_shows_an_example_of_it() -> None:
    found = dict(commands(main, click.Context(main, info_name="weltoffen"), "weltoffen"))
    assert len(found) > 30
    without = []
    for path, text in found.items():
        _, *inner = path.split()
        words = " ".join(map(re.escape, inner))
        if not re.search(rf"Example:\s+(\w+=\S+ )*weltoffen {words}", text):
            without.append(path)
    assert without == []
    assert "Example:" in main.get_help(click.Context(main, info_name="weltoffen"))


def test_a_survey_whose_questionnaire_is_missing_stops_every_command(desk: Desk) -> None:
    survey = desk.open()
    with closing(sqlite3.connect(desk.folder / "w.db")) as connection:
        connection.execute("UPDATE survey SET questionnaire = 'kurzform-9'")
        connection.commit()
    for words in (["survey", "list"], ["run"]):
        told = desk.fails(*words, TELEGRAM_BOT_TOKEN="4242:" + "secret" * 6)
        assert told == f"Error: survey {survey} needs kurzform-9.toml, which is missing\n"


@pytest.mark.parametrize("words", [
    ("texts", "export", "--locale", "ar", "-o", "blatt.xlsx"), ("texts", "import", "blatt.xlsx"),
    ("questionnaire", "export", "kurzform", "-o", "formulare"), ("questionnaire", "import", "blatt.xlsx", "-o", "neu"),
])  # fmt: skip
def test_commands_that_need_no_database_say_what_is_missing_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(desk.folder)
    sheet = desk.file("blatt.xlsx", b"")
    openpyxl.Workbook().save(sheet)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert desk.fails(*words) == "Error: this needs more to be installed: pip install 'weltoffen[office]'\n"


def test_a_path_that_cannot_be_written_is_named(desk: Desk) -> None:
    path = desk.file("datei", b"") / "x"
    assert desk.fails("questionnaire", "export", "kurzform", "-o", path) == f"Error: {path}: Not a directory\n"
