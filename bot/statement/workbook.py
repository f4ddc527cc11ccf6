"""A spreadsheet file that came from anywhere: looked at with distrust, and given as plain cells.

Nothing in it is ever computed or followed: neither formulas nor links, macros or definitions.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from bot.statement.sheets import FORMAT, MARKER, Marker

LARGEST = 5_000_000  # bytes of a file; a filled one has some 30,000 to 500,000
UNPACKED = 40_000_000  # bytes of all its parts
PARTS = 200
CELLS = 60_000  # a full sheet has some 1,000
ACTIVE = ("vbaproject", "activex", "externallink", "embeddings", "macrosheet", "dialogsheet", "ctrlprops", "querytable")
"""What only files have that do something when they are opened, or that bring others with them."""

_ENCODED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']+)["']""")


class SheetError(ValueError):
    """A sheet that cannot be taken; `problems` says of each wrong cell where it is and what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; `formula` and `error` are no text that somebody wrote."""

    text: str
    formula: bool = False
    error: bool = False


@dataclass(frozen=True)
class Page:
    """One sheet: its cells that are not empty by row and column from 0, and the ranges of merged ones."""

    cells: Mapping[tuple[int, int], Cell]
    merged: tuple[str, ...] = ()

    def text(self, row: int, column: int) -> str:
        """The text of a cell, "" where there is none."""
        found = self.cells.get((row, column))
        return found.text if found else ""


@dataclass(frozen=True)
class Book:
    """A file that came back: whose it says it is, and its sheets by name."""

    marker: Marker
    pages: Mapping[str, Page]


def content(path: Path) -> bytes:
    """The bytes of a file that may be a sheet. Raises SheetError for what is too large to be one."""
    if path.stat().st_size > LARGEST:
        raise SheetError([f"the file is larger than {LARGEST // 1_000_000} MB and is no such sheet"])
    return path.read_bytes()


def opened(packed: bytes) -> Book:
    """The cells of a file. Raises SheetError for what is no spreadsheet, is made to do harm, or is not one of ours."""
    from openpyxl import load_workbook

    _harmless(packed)
    try:
        book = load_workbook(io.BytesIO(packed), data_only=False, keep_links=False)
        pages = {sheet.title: _page(sheet) for sheet in book.worksheets}
    except Exception as error:  # a library for files of all sorts, and these come from anywhere
        raise SheetError(["the file is damaged, no spreadsheet can be read"]) from error
    if MARKER not in pages:
        raise SheetError(["the file is no sheet of this software: the hidden marker is missing"])
    return Book(_marker(pages.pop(MARKER)), pages)


def _harmless(packed: bytes) -> None:
    """Looks at the parts of the file before anything reads them."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as found:
            parts = found.infolist()
            if len(parts) > PARTS or sum(p.file_size for p in parts) > UNPACKED:
                raise SheetError(["the file is far larger unpacked than any such sheet"])
            names = {p.filename.lower() for p in parts}
            if active := sorted(n for n in names if any(a in n for a in ACTIVE)):
                raise SheetError([f"the file holds macros, links or other files: {active[0]}"])
            texts = {p.filename: found.read(p) for p in parts}
    except SheetError:
        raise
    except Exception as error:  # a damaged archive can fail in a dozen ways: BadZipFile, zlib.error, EOFError, …
        raise SheetError(["the file is damaged, or no spreadsheet: save it as .xlsx"]) from error
    for name, text in texts.items():
        if name.lower().endswith((".xml", ".rels")) and not _plain(text):
            raise SheetError([f"the file holds a definition that no spreadsheet needs ({name})"])
    if b"macroEnabled" in texts.get("[Content_Types].xml", b""):
        raise SheetError(["the file is made for macros; save it as .xlsx without"])
    sheets = [t for n, t in texts.items() if n.lower().startswith("xl/worksheets/")]
    if sum(t.count(b"<c ") + t.count(b"<c>") + t.count(b"<row") for t in sheets) > CELLS:
        raise SheetError([f"the file holds more than {CELLS} cells and is no such sheet"])


def _plain(text: bytes) -> bool:
    """Whether a part is UTF-8 without definitions: those can unfold to any size, and other encodings can hide them."""
    encoding = _ENCODED.match(text.removeprefix(b"\xef\xbb\xbf"))
    known = encoding is None or encoding[1].lower() in (b"utf-8", b"us-ascii")
    return known and b"\0" not in text and b"<!DOCTYPE" not in text and b"<!ENTITY" not in text


def _page(sheet: Any) -> Page:
    cells = {}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None and (text := _text(cell.value)).strip():
                cells[cell.row - 1, cell.column - 1] = Cell(text, cell.data_type == "f", cell.data_type == "e")
    return Page(cells, tuple(str(merged) for merged in sheet.merged_cells.ranges))


def _text(value: object) -> str:
    """A cell's value as a person reads it: a year that became a number is the year again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("_x000D_\n", "\n")  # how Excel keeps the line ends of what was pasted into it


def _marker(page: Page) -> Marker:
    rows = defaultdict(str, {page.text(row, 0): page.text(row, 1) for row in range(20)})
    if rows["format"] not in ("", str(FORMAT)):
        raise SheetError([f"the sheet was made by another version of this software (format {rows['format'][:20]})"])
    found = Marker(rows["survey"], rows["contributor"], rows["questionnaire"], rows["language"],
                   tuple(rows["questions"].split()), rows["seen"])  # fmt: skip
    if dict(found.rows) != {name: text for name, text in rows.items() if name}:
        raise SheetError(["the hidden marker of the sheet is damaged; send the contributor a new one"])
    return found
