"""A sheet in a real LibreOffice: opened and saved again it comes back whole; printed it fits its paper."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from chaos.hostile import TEXTS
from spreadsheets import edited
from test_sheets import ASKED, EXAMPLE, MADE, ONE, PART, SAID, SURVEY, back, filled, out

from bot.statement import sheets
from bot.statement.form import Form, bare
from bot.typed import cleaned
from conversations.conversation import Statement
from conversations.institution import Contributor

pytestmark = [
    pytest.mark.office,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed"),
    pytest.mark.timeout(300),
]


def converted(folder: Path, content: bytes, to: str) -> bytes:
    """A sheet as LibreOffice opens it and saves it."""
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / "bogen.xlsx").write_bytes(content)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to, "--outdir",
         str(folder / "out"), str(folder / "in" / "bogen.xlsx")], check=True, capture_output=True, timeout=200,
    )  # fmt: skip
    return (folder / "out" / f"bogen.{to.partition(':')[0]}").read_bytes()


def saved(folder: Path, content: bytes) -> bytes:
    return converted(folder, content, "xlsx:Calc MS Excel 2007 XML")


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_sheet_saved_by_libreoffice_says_the_same(tmp_path: Path, language: str) -> None:
    texts = ("=1+1", "Zeile eins\nZeile zwei", '_x0041_ <b> & "', "@SUM(1)", "'quoted", "+49 340", "1.2.26", "ä" * 9000)
    evidence = Statement("1.1.1", '=HYPERLINK("http://x.example")', "z")
    said = SAID._replace(
        handed_in=True, statements=(*(Statement("1.m", t, str(n)) for n, t in enumerate(texts)), evidence)
    )
    done = back(saved(tmp_path, out(said, language)), said)
    assert (done.same, done.after.answers, done.after.statements) == (True, said.answers, said.statements)


def test_what_was_filled_in_arrives_after_libreoffice_saved_it(tmp_path: Path) -> None:
    content = filled(EXAMPLE, {"E2": "=1+1\n\n" + "Wort " * 1500})
    assert back(saved(tmp_path, content)).after._replace(respondent="") == back(content).after._replace(respondent="")


def test_hostile_texts_are_still_texts_after_libreoffice_saved_them(tmp_path: Path) -> None:
    every = tuple(q.id for q in ASKED.questions)
    one = Contributor(ONE.id, ONE.department, ONE.function, questions=frozenset(every))
    texts = [clean for text in TEXTS.values() if (clean := bare(cleaned(text)[:10_000]))]
    said = SAID._replace(
        answers={}, referrals={}, statements=tuple(Statement(q, t) for q, t in zip(every, texts, strict=False))
    )
    assert len(said.statements) == len(texts) > 60
    content = saved(tmp_path, sheets.sheet(Form(SURVEY, ASKED, every, "de"), one, said, MADE))
    done = back(content, said, one)
    assert [s for s in done.after.statements if s not in said.statements] == []
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not any(b"<f " in parts.read(n) or b"<f>" in parts.read(n) for n in parts.namelist())


def test_the_whole_long_form_goes_through_libreoffice(tmp_path: Path) -> None:
    every = tuple(q.id for q in ASKED.questions)
    one = Contributor(ONE.id, ONE.department, ONE.function, questions=frozenset(every))
    content = sheets.sheet(Form(SURVEY, ASKED, every, "de"), one, None, MADE)

    def answered(book: object) -> None:
        for row in range(2, 107):
            book["Fragen"][f"F{row}"] = "eher ja"  # type: ignore[index]

    done = back(saved(tmp_path, edited(content, answered)), one=one)
    assert dict(done.after.answers) == {q.id: "rather-yes" for q in ASKED.questions if q.rating}


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="pdfinfo (poppler-utils) is not installed")
def test_printed_a_sheet_is_as_wide_as_its_paper(tmp_path: Path) -> None:
    converted(tmp_path, out(SAID), "pdf")
    told = subprocess.run(["pdfinfo", "-f", "1", "-l", "9", str(tmp_path / "out" / "bogen.pdf")], check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    sizes = re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", told)
    across = [float(width) > float(height) for width, height in sizes]
    assert across == [False, True, True], "the guide on one page, then one page for each sheet, none beside it"
    words = subprocess.run(["pdftotext", "-layout", str(tmp_path / "out" / "bogen.pdf"), "-"], check=True,
                           capture_output=True, text=True).stdout  # fmt: skip
    assert [q for q in PART if q not in words] == []
    assert ("bitte an" in words, "Personalamt" in words, "weltoffen 1" in words) == (True, True, False)
