"""Spreadsheet files as others save them: changed cell by cell, and part by part as no program would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl import load_workbook


def edited(content: bytes, edit: Callable[[Any], object]) -> bytes:
    """A file as another program saves it after `edit`."""
    book = load_workbook(io.BytesIO(content))
    edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def packed(content: bytes, change: Mapping[str, bytes | None], add: Mapping[str, bytes] | None = None) -> bytes:
    """A file with some of its parts changed, without some, and with others."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = change.get(name, old.read(name))
            if text is not None:
                new.writestr(name, text)
        for name, text in (add or {}).items():
            new.writestr(name, text)
    return buffer.getvalue()


def part(content: bytes, name: str) -> bytes:
    """One part of a file."""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return found.read(name)
