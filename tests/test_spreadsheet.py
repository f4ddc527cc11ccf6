"""Files made to do harm, at each of the three doors through which a spreadsheet comes in: refused before it is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from openpyxl import Workbook
from spreadsheets import packed, part
from test_sheets import out

from bot import reviewing, xlsform
from bot.statement import workbook
from conversations.questionnaire import load


@dataclass(frozen=True)
class Door:
    """A way in: a file that is taken there, which of its parts is the first sheet, and what takes it."""

    made: Callable[[], bytes]
    take: Callable[[Path | bytes], object]
    lead: str = ""  # what stands before the reason
    foreign: str = ""  # what is said of a spreadsheet of somebody else


DOORS = {
    "statement": Door(
        cache(out), workbook.opened,
        foreign="the file is no sheet of this software: the hidden marker is missing",
    ),
    "xlsform": Door(
        cache(lambda: xlsform.workbook(xlsform.forms(load()["dialog-1"])[0])),
        lambda file: xlsform._form("x.xlsx", file),
        lead="x.xlsx: ", foreign="there is no sheet 'survey'\nx.xlsx: there is no sheet 'weltoffen'",
    ),
    "reviewing": Door(
        cache(lambda: reviewing.exported(["dialog-1"], ["en", "ar"])), reviewing.returned,
        foreign="this is no sheet of `weltoffen texts export`, or it was saved without its hidden part",
    ),
}  # fmt: skip


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Door:
    return DOORS[request.param]


def told(door: Door, file: Path | bytes) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(ValueError) as caught:
        door.take(file)
    assert type(caught.value) in (workbook.SheetError, xlsform.XlsFormError, reviewing.ReviewError)
    return str(caught.value).removeprefix(door.lead)


SHEET, TYPES, RELS = "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
BOMB = (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b"<worksheet>&b;</worksheet>")  # fmt: skip
WHOLE = b"A1:XFD1048576"  # all 17 billion cells of a sheet


def changed(name: str, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """A file in which something stands in place of something else."""

    def edit(content: bytes) -> bytes:
        text = part(content, name)
        assert old in text
        return packed(content, {name: text.replace(old, new)})

    return edit


def within(text: bytes) -> Callable[[bytes], bytes]:
    """A file with something more among the cells of its first sheet."""
    return changed(SHEET, b"</sheetData>", text + b"</sheetData>")


def below(text: bytes) -> Callable[[bytes], bytes]:
    """A file with something more below the cells of its first sheet."""
    return changed(SHEET, b"</sheetData>", b"</sheetData>" + text)


def with_password(content: bytes) -> bytes:
    """A ZIP whose parts are encrypted, as their headers say."""
    content = content.replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0")
    return content.replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0")


def under_another_name(content: bytes) -> bytes:
    """A bomb in a part whose name says that it is no XML, and that is the first sheet all the same."""
    rels = part(content, RELS).replace(b"worksheets/sheet1.xml", b"media/image1.png")
    return packed(content, {RELS: rels}, {"xl/media/image1.png": BOMB})


NO_SHEET = "the file is damaged, or no spreadsheet: save it as .xlsx"
DAMAGED = "the file is damaged, no spreadsheet can be read"
LOCKED = "the file has a password, or an old Excel made it: save it as .xlsx without a password"
UNPACKED = "the file is far larger unpacked than it may be"
DEFINED = "the file holds a definition that no spreadsheet needs ({})"
FAR = "something stands in row {}, column {}, which is too far out"
CELLS = {"statement": 60_000, "xlsform": 60_000, "reviewing": 1_000_000}
MANY = "the file holds more than {cells} cells, which is too much"

HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", NO_SHEET),
    "no zip": (lambda _: b"<html></html>", NO_SHEET),
    "stump": (lambda _: b"PK\x03\x04" + b"\0" * 400, NO_SHEET),
    "cut off": (lambda c: c[:4000], NO_SHEET),
    "encrypted by Excel": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000, LOCKED),
    "encrypted ZIP": (with_password, LOCKED),
    "large": (lambda c: c + b"\0" * 20_000_000, "the file is larger than {mb} MB, which is too much"),
    "zip bomb": (lambda c: packed(c, {}, {"a.bin": b"\0" * 50_000_000}), UNPACKED),
    "many parts": (lambda c: packed(c, {}, {f"x/{n}": b"" for n in range(200)}), UNPACKED),
    "macros": (lambda c: packed(c, {}, {"xl/vbaProject.bin": b"x"}),
               "the file holds macros, links or other files: xl/vbaproject.bin"),
    "macro type": (changed(TYPES, b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
                           b"vnd.ms-excel.sheet.macroEnabled.main"),
                   "the file is made for macros; save it as .xlsx without"),
    "links": (lambda c: packed(c, {}, {"xl/externalLinks/externalLink1.xml": b"<x/>"}),
              "the file holds macros, links or other files: xl/externallinks/externallink1.xml"),
    "definitions": (lambda c: packed(c, {SHEET: BOMB}), DEFINED.format(SHEET)),
    "in UTF-16": (lambda c: packed(c, {SHEET: BOMB.decode().encode("utf-16")}), DEFINED.format(SHEET)),
    "in UTF-7": (lambda c: packed(c, {SHEET: b'<?xml version="1.0" encoding="utf-7"?><worksheet/>'}),
                 DEFINED.format(SHEET)),
    "under another name": (under_another_name, DEFINED.format("xl/media/image1.png")),
    "many cells": (within(b'<row r="9"><c r="A9"/></row>' * 510_000), MANY),
    "many cells of another prefix": (
        below(b'<x:x xmlns:x="x">' + b"<x:row><x:c/></x:row>" * 510_000 + b"</x:x>"), MANY),
    "far down": (within(b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), FAR.format(1048576, 1)),
    "far right": (within(b'<row r="900"><c r="XFD900" t="inlineStr"><is><t>x</t></is></c></row>'),
                  FAR.format(900, 16384)),
    "far without a name": (within(b'<row r="900">' + b"<c/>" * 600 + b"<c><f>1</f></c></row>"), FAR.format(900, 601)),
    "all merged": (below(b'<mergeCells><mergeCell ref="%b"/></mergeCells>' % WHOLE), MANY),
    "all linked": (below(b'<hyperlinks><hyperlink ref="%b"/></hyperlinks>' % WHOLE), MANY),
    "all commented": (lambda c: packed(c, {}, {"xl/comments1.xml": b'<comment ref="%b"/>' % WHOLE}), MANY),
    "many sheets": (changed("xl/workbook.xml", b"<sheets>",
                            b"<sheets>" + b'<sheet name="x" sheetId="9" r:id="rId1"/>' * 20),
                    "the file holds more than 20 sheets, which is too much"),
    "broken XML": (lambda c: packed(c, {SHEET: b"<worksheet><sheetData><row"}), DAMAGED),
    "no number": (within(b'<row r="x"/>'), DAMAGED),
    "no workbook": (lambda c: packed(c, {"xl/workbook.xml": None}), DAMAGED),
}  # fmt: skip


def test_what_is_changed_here_is_taken_as_it_was_made(door: Door) -> None:
    door.take(door.made())


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", DOORS)
def test_a_file_that_is_no_sheet_or_does_harm_is_refused_before_it_is_read(name: str, kind: str) -> None:
    make, why = HOSTILE[kind]
    door = DOORS[name]
    large = 20 if name == "reviewing" else 5
    assert told(door, make(door.made())) == why.replace("{cells}", str(CELLS[name])).replace("{mb}", str(large))


def test_a_file_of_100_mb_is_refused_without_being_read(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gross.xlsx"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    monkeypatch.setattr(Path, "read_bytes", None)
    assert told(door, path).startswith("the file is larger than ")


def test_somebody_else_s_spreadsheet_is_no_sheet(door: Door) -> None:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    assert told(door, buffer.getvalue()) == door.foreign


def test_what_only_looks_large_is_taken(door: Door) -> None:
    """As LibreOffice writes it: a last row without cells, and the looks of cells in which nothing stands."""
    extra = b'<row r="1000"><c r="XFD1000" s="0"/></row><row r="1048576" hidden="false"/>'
    door.take(within(extra)(door.made()))
