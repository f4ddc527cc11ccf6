"""Spreadsheet files: in one that goes out every text is a text, and one that came from anywhere is met with distrust.

A file is looked at before anything is built from it, and given as plain cells. Nothing in it is ever computed or
followed: neither formulas nor links, macros or definitions. The messages are those of the command line.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.parsers import expat

TEXTS_ONLY = {"in_memory": True, **{f"strings_to_{kind}": False for kind in ("numbers", "formulas", "urls")}}
"""How xlsxwriter is to write: what people wrote becomes neither a number nor a formula nor a link."""

PARTS = 200
ACTIVE = ("vbaproject", "activex", "externallink", "embeddings", "macrosheet", "dialogsheet", "ctrlprops", "querytable")
"""What only files have that do something when they are opened, or that bring others with them."""

_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how files begin that Excel has encrypted, and those from before 2007
_ENCODED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']+)["']""")


def guarded(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows for a CSV that a spreadsheet opens: a cell that it would take for a formula begins with a quotation mark."""
    return [[f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in row] for row in rows]


def as_csv(rows: Sequence[Sequence[str]], *, excel: bool = False) -> bytes:
    """Rows as a CSV in UTF-8; as Excel opens it in German with semicolons, a byte order mark, and no cell a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if excel else ",", lineterminator="\r\n")
    writer.writerows(guarded(rows) if excel else rows)
    return buffer.getvalue().encode("utf-8-sig" if excel else "utf-8")


class SpreadsheetError(ValueError):
    """A file that is no spreadsheet, is too large, or is made to do harm; the message says which."""


@dataclass(frozen=True)
class Limits:
    """How large a file can be; these are for what one person fills in."""

    packed: int = 5_000_000  # bytes of the file; a filled one has some 30,000 to 500,000
    unpacked: int = 40_000_000  # bytes of all its parts
    sheets: int = 20
    rows: int = 5_000
    columns: int = 200
    cells: int = 60_000  # in all sheets, also empty and merged ones; a full sheet has some 1,000


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; what is `computed`, a formula or an error, is no text that somebody wrote."""

    text: str
    computed: bool = False


@dataclass(frozen=True)
class Page:
    """One sheet: its cells that are not empty by row and column from 0, and the ranges of merged ones."""

    cells: Mapping[tuple[int, int], Cell]
    merged: tuple[str, ...] = ()

    def text(self, row: int, column: int) -> str:
        """The text of a cell, "" where there is none."""
        found = self.cells.get((row, column))
        return found.text if found else ""

    def rows(self) -> Iterator[tuple[int, Mapping[int, Cell]]]:
        """Every row in which something stands, with its cells by column."""
        for row, those in groupby(sorted(self.cells), key=lambda place: place[0]):
            yield row, {column: self.cells[row, column] for _, column in those}


def opened(file: Path | bytes, limits: Limits) -> Mapping[str, Page]:
    """The sheets of a file by name. Raises SpreadsheetError."""
    from openpyxl import load_workbook

    packed = _content(file, limits)
    parts = _parts(packed, limits)
    _harmless(parts)
    try:
        extent = _Extent(limits)
        for text in parts.values():
            extent.add(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is in the file and does not come with it, as colours by rule
            book = load_workbook(io.BytesIO(packed), data_only=False, keep_links=False)
        return {sheet.title: _page(sheet) for sheet in book.worksheets}
    except SpreadsheetError:
        raise
    except Exception as error:  # a library for files of all sorts, and these come from anywhere
        raise SpreadsheetError("the file is damaged, no spreadsheet can be read") from error


# ---- with distrust ----------------------------------------------------------------------------------------------


def _content(file: Path | bytes, limits: Limits) -> bytes:
    """The bytes of a file; one that is too large is not read at all."""
    if (file.stat().st_size if isinstance(file, Path) else len(file)) > limits.packed:
        raise SpreadsheetError(f"the file is larger than {limits.packed // 1_000_000} MB, which is too much")
    return file.read_bytes() if isinstance(file, Path) else file


def _parts(packed: bytes, limits: Limits) -> Mapping[str, bytes]:
    """The parts of the archive that a spreadsheet is, by name."""
    locked = "the file has a password, or an old Excel made it: save it as .xlsx without a password"
    if packed.startswith(_LOCKED):
        raise SpreadsheetError(locked)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as found:
            parts = found.infolist()
            if any(p.flag_bits & 1 for p in parts):
                raise SpreadsheetError(locked)
            if len(parts) > PARTS or sum(p.file_size for p in parts) > limits.unpacked:
                raise SpreadsheetError("the file is far larger unpacked than it may be")
            return {p.filename: found.read(p) for p in parts}
    except SpreadsheetError:
        raise
    except Exception as error:  # a damaged archive can fail in a dozen ways: BadZipFile, zlib.error, EOFError, …
        raise SpreadsheetError("the file is damaged, or no spreadsheet: save it as .xlsx") from error


def _harmless(parts: Mapping[str, bytes]) -> None:
    """Looks for what acts by itself and what unfolds."""
    if active := sorted(n for n in map(str.lower, parts) if any(a in n for a in ACTIVE)):
        raise SpreadsheetError(f"the file holds macros, links or other files: {active[0]}")
    for name, text in parts.items():
        if not _plain(text):
            raise SpreadsheetError(f"the file holds a definition that no spreadsheet needs ({name})")
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        raise SpreadsheetError("the file is made for macros; save it as .xlsx without")


def _plain(text: bytes) -> bool:
    """Whether a part is no XML, or is UTF-8 without definitions: those unfold to any size, and hide in other encodings.

    Its name tells nothing: any part can be made a sheet.
    """
    if not text.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
        return True
    encoding = _ENCODED.match(text.removeprefix(b"\xef\xbb\xbf"))
    known = encoding is None or encoding[1].lower() in (b"utf-8", b"us-ascii")
    return known and b"\0" not in text and b"<!DOCTYPE" not in text and b"<!ENTITY" not in text


class _Extent:
    """How far the sheets of a file reach, counted before anything is built from it: a small file can claim billions."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.sheets = self.cells = self.row = self.column = 0

    def add(self, text: bytes) -> None:
        """Counts a part; where it is no XML to its end, as much of it as anybody can read."""
        self.row = self.column = 0
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler = self._element
        with suppress(expat.ExpatError):
            parser.Parse(text, True)

    def _element(self, name: str, given: Mapping[str, str]) -> None:
        match name.rpartition("}")[2]:
            case "sheet":
                self.sheets += 1
            case "row":
                self.cells, self.row, self.column = self.cells + 1, int(given.get("r", self.row + 1)), 0
            case "c":
                place = _corners(given["r"])[:2] if "r" in given else (self.row, self.column + 1)
                self.cells, (self.row, self.column) = self.cells + 1, place
            case "v" | "f" | "is" if self.row > self.limits.rows or self.column > self.limits.columns:
                raise SpreadsheetError(
                    f"something stands in row {self.row}, column {self.column}, which is too far out"
                )
            case "mergeCell" | "hyperlink" | "comment" if "ref" in given:
                top, left, bottom, right = _corners(given["ref"])
                self.cells += (abs(bottom - top) + 1) * (abs(right - left) + 1)
        for kind, number, most in (
            ("sheets", self.sheets, self.limits.sheets),
            ("cells", self.cells, self.limits.cells),
        ):
            if number > most:
                raise SpreadsheetError(f"the file holds more than {most} {kind}, which is too much")


def _corners(area: str) -> tuple[int, int, int, int]:
    """First row and column, last row and column; raises for whole rows and columns, which no program writes there."""
    from openpyxl.utils import range_boundaries

    left, top, right, bottom = map(int, range_boundaries(area))
    return top, left, bottom, right


# ---- cells ------------------------------------------------------------------------------------------------------


def _page(sheet: Any) -> Page:
    cells = {}
    for (row, column), cell in sheet._cells.items():  # those that are there; by rows it would make all between them
        if cell.value is not None and (text := _text(cell.value)).strip():
            cells[row - 1, column - 1] = Cell(text, computed=cell.data_type in ("f", "e"))
    return Page(cells, tuple(str(merged) for merged in sheet.merged_cells.ranges))


def _text(value: object) -> str:
    """A cell's value as a person reads it: a year that became a number is the year again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("_x000D_\n", "\n").replace("\r\n", "\n")  # how Excel keeps what was pasted into it
