"""Word files laid out by LibreOffice: they open, no page is empty, long texts go on over pages, heads are repeated."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

import signed_town
from samples import DIALOG_STATEMENTS, closed_dialog, dialog
from test_docx import FILLED, of_persons, of_town, town
from test_report import words_in
from test_statement import ASKED

from reports.docx import docx
from reports.release import Release
from reports.statement_vorlage import vorlage

__all__ = ["town"]  # the fixture
pytestmark = [
    pytest.mark.office,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (shutil.which("soffice") and shutil.which("pdftotext")),
        reason="needs LibreOffice and poppler: apt-get install libreoffice-writer poppler-utils",
    ),
]


def pages(content: bytes, folder: Path) -> list[str]:
    """The text of each page, as LibreOffice lays them out."""
    file = folder / "seite.docx"
    file.write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, file],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    done = subprocess.run(["pdftotext", "-layout", folder / "seite.pdf", "-"], check=True, capture_output=True)
    return done.stdout.decode().split("\f")[:-1]


def test_the_auswertung_of_a_town(town: Release, tmp_path: Path) -> None:
    found = pages(of_town(town), tmp_path)
    assert 20 <= len(found) <= 32
    for n, page in enumerate(found, 1):
        assert re.search(rf"Seite {n} von {len(found)}\s*$", page)
        assert len(page.split()) > 15, f"page {n} is almost empty"
        assert ("Auswertung Selbstcheck, Dessau-Roßlau" in page.splitlines()[0]) is (n > 1), "the running head"
    text = [" ".join(page.split()) for page in found]
    told = [n for n, page in enumerate(text) if signed_town.SENTENCES[0] in page]
    assert told == list(range(told[0], told[0] + len(told)))
    assert len(told) >= 3, "10,000 characters go on over pages"
    (overview,) = [n for n, page in enumerate(text) if "Die Kriterien im Überblick" in page]
    heads = [page for page in text[overview : overview + 2] if "Kriterium Erklärung der Kommune" in page]
    assert len(heads) == 2, "the head of a table is repeated"
    for n in range(1, 8):
        assert sum(f"Handlungsfeld {n}:" in page for page in text) == 2, "in the contents and above its own page"


@pytest.mark.parametrize(("code", "page"), [("de", "Seite 2 von"), ("ar", "صفحة")])
def test_the_auswertung_of_persons(code: str, page: str, tmp_path: Path) -> None:
    found = pages(of_persons(code), tmp_path)
    assert 22 <= len(found) <= 40
    assert page in found[1]
    assert [n for n, one in enumerate(found, 1) if len(one.split()) < 8] == []


def test_the_small_ones(town: Release, tmp_path: Path) -> None:
    event = docx(closed_dialog().document, dialog(), words_in("de"), "Jever", DIALOG_STATEMENTS)
    assert len(pages(event, tmp_path)) in (2, 3)
    paper = pages(vorlage(town.document, ASKED, words_in("de"), "Dessau-Roßlau", FILLED)[0], tmp_path)
    assert len(paper) in (3, 4)
    assert "Anlage 1: Kennzahlen der Auswertung" in paper[-1]
