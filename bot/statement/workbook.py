"""A contributor's sheet that came back, opened: whose it says it is, and its sheets cell by cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import spreadsheet
from bot.spreadsheet import Limits, Page, SpreadsheetError
from bot.statement.form import FORMAT, MARKER, Marker

LIMITS = Limits()


class SheetError(ValueError):
    """A sheet that cannot be taken; `problems` says of each wrong cell where it is and what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Book:
    """A file that came back: whose it says it is, and its sheets by name."""

    marker: Marker
    pages: Mapping[str, Page]


def opened(file: Path | bytes) -> Book:
    """The sheet in a file. Raises SheetError for what is no spreadsheet, is made to do harm, or is not one of ours."""
    try:
        pages = dict(spreadsheet.opened(file, LIMITS))
    except SpreadsheetError as error:
        raise SheetError([str(error)]) from error
    if MARKER not in pages:
        raise SheetError(["the file is no sheet of this software: the hidden marker is missing"])
    return Book(_marker(pages.pop(MARKER)), pages)


def _marker(page: Page) -> Marker:
    rows = defaultdict(str, {page.text(row, 0): page.text(row, 1) for row in range(20)})
    if rows["format"] not in ("", str(FORMAT)):
        raise SheetError([f"the sheet was made by another version of this software (format {rows['format'][:20]})"])
    found = Marker(rows["survey"], rows["contributor"], rows["questionnaire"], rows["language"],
                   tuple(rows["questions"].split()), rows["seen"])  # fmt: skip
    if dict(found.rows) != {name: text for name, text in rows.items() if name}:
        raise SheetError(["the hidden marker of the sheet is damaged; send the contributor a new one"])
    return found
