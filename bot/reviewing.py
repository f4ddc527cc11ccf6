"""Catalogues as a spreadsheet for reviewers who live in such, and back: one sheet per domain, a column per language.

Coming back nothing is overwritten that has changed meanwhile: the sheet remembers what stood in every cell, and a text
that was changed on both sides is a conflict. Comments go into the .po as translators' comments.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message

from bot import spreadsheet
from bot.spreadsheet import TEXTS_ONLY, Cell, Limits, Page, SpreadsheetError
from locales import FOLDER, LanguageError, kept, known
from locales.extract import parsed, written

HIDDEN = "weltoffen"  # the sheet that remembers: domain, row, column → what stood there
LIMITS = Limits(packed=20_000_000, unpacked=50_000_000, rows=20_000, columns=500, cells=1_000_000)


class ReviewError(ValueError):
    """A sheet that cannot be taken back; the message says why."""


@dataclass(frozen=True)
class Change:
    """A text that was changed in the sheet: a new translation, or a comment (`form` None)."""

    code: str
    domain: str
    message: str
    form: int | None
    text: str


@dataclass
class Returned:
    """What came back: the changes that are taken, and the places where something is in their way."""

    changes: list[Change] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def exported(domains: Sequence[str], codes: Sequence[str]) -> bytes:
    """The workbook of these domains with these languages; right to left where all of its languages are."""
    import xlsxwriter

    buffer, memory = io.BytesIO(), []
    with xlsxwriter.Workbook(buffer, TEXTS_ONLY) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#CFDCD4", "border": 1})
        look = {"text_wrap": True, "valign": "top"}
        source = book.add_format(look)
        orders = {code: 2 if known()[code].right_to_left else 1 for code in codes}
        forms = {c: book.add_format(look | {"locked": False, "reading_order": order}) for c, order in orders.items()}
        for domain in domains:
            spoken = [code for code in codes if kept(code, domain)]
            sheet = book.add_worksheet(domain)
            if spoken and all(known()[code].right_to_left for code in spoken):
                sheet.right_to_left()
            titles = ["where", "note", "Deutsch", "changed since"]
            titles += [t for code in spoken for t in (f"{known()[code].name} [{code}]", f"comment [{code}]")]
            for place, title in enumerate(titles):
                sheet.write_string(0, place, title, head)
                sheet.set_column(place, place, 14 if place < 2 or title.startswith("comment") else 42)
            for line, row in enumerate(_rows(domain, spoken), 1):
                for place, text in enumerate(row.cells):
                    cell = source if place < 4 else forms[spoken[(place - 4) // 2]]
                    if text:
                        sheet.write_string(line, place, text, cell)
                    else:
                        sheet.write_blank(line, place, None, cell)
                memory.append([domain, str(line + 1), row.message, str(row.form), *map(_mark, row.cells[4:])])
            sheet.freeze_panes(1, 3)
            sheet.protect("", {"format_columns": True, "format_rows": True, "sort": False})
        hidden = book.add_worksheet(HIDDEN)
        for line, cells in enumerate(memory):
            for place, text in enumerate(cells):
                hidden.write_string(line, place, text)
        hidden.very_hidden()
        hidden.protect()
    return buffer.getvalue()


@dataclass(frozen=True)
class _Row:
    message: str
    form: int
    cells: Sequence[str]


def _rows(domain: str, codes: Sequence[str]) -> Iterator[_Row]:
    """A row for every text of a domain, and one for every plural form that any of the languages has."""
    template = _catalog(FOLDER / f"{domain}.pot")
    catalogs = {code: _by_id(_catalog(_path(code, domain))) for code in codes}
    for message in template:
        if not message.id:
            continue
        key = _key(message)
        count = max([known()[c].forms for c in codes], default=1) if message.pluralizable else 1
        for form in range(count):
            where = " ".join(name for name, _ in message.locations) if not message.auto_comments else (
                message.auto_comments[0])  # fmt: skip
            cells = [
                where + (f" [{form}]" if count > 1 else ""),
                " ".join(message.auto_comments[1:]),
                _german(message, form),
            ]
            those = {code: found.get(key) for code, found in catalogs.items()}
            before = {_previous(one) for one in those.values() if one is not None and one.fuzzy} - {""}
            cells.append("\n".join(sorted(before)))
            for code in codes:
                one = those[code]
                cells += [
                    _form(one, form, known()[code].forms),
                    "\n".join(one.user_comments) if one and not form else "",
                ]
            yield _Row(key, form, cells)


def returned(file: Path | bytes) -> Returned:
    """What a sheet that came back would change, compared with the catalogues as they are now. Raises ReviewError."""
    try:
        pages = dict(spreadsheet.opened(file, LIMITS))
    except SpreadsheetError as error:
        raise ReviewError(str(error)) from error
    if HIDDEN not in pages:
        raise ReviewError("this is no sheet of `weltoffen texts export`, or it was saved without its hidden part")
    remembered, found = _memory(pages.pop(HIDDEN)), Returned()
    for domain, page in pages.items():
        if (FOLDER / f"{domain}.pot") in FOLDER.glob("*.pot"):
            _compare(found, domain, page, [one for one in remembered if one.domain == domain])
        elif page.cells:
            found.conflicts.append(f"{domain}: this sheet did not go out; nothing of it is taken")
    return found


def _compare(found: Returned, domain: str, page: Page, those: Sequence[_Remembered]) -> None:
    """Takes what was changed in the sheet of a domain, or names what is in the way."""
    head = dict(next(page.rows(), (0, {}))[1])
    codes = [head[place].text.rpartition("[")[2].rstrip("]") for place in sorted(head)[4::2]]
    catalogs = {code: _by_id(_catalog(_path(code, domain))) for code in codes}
    if any(len(one.marks) != len(head) - 4 for one in those):
        found.conflicts.append(f"{domain}: columns were added or deleted; nothing of this sheet is taken")
        return
    for one in those:
        if any(page.text(one.row, 2) != _german(now, one.form) for now in _now(catalogs, one)):
            found.conflicts.append(
                f"{domain}, row {one.row + 1}: another text stands here; rows must not be sorted or deleted, nor "
                "German texts changed; nothing of this sheet is taken"
            )
            return
    for one in those:
        for place, mark in enumerate(one.marks):
            code, is_text = codes[place // 2], place % 2 == 0  # then its comment
            where, cell = f"{domain}, row {one.row + 1}, {code}", page.cells.get((one.row, 4 + place), Cell(""))
            if _mark(cell.text) == mark:
                continue
            if cell.computed:
                found.conflicts.append(f"{where}: a formula stands where a text must")
                continue
            change = Change(code, domain, one.message, one.form if is_text else None, cell.text)
            _take(found, where, catalogs[code].get(one.message), change, mark)


@dataclass(frozen=True)
class _Remembered:
    """What the hidden sheet remembers of a row, counted from 0: its text and form, and the marks of its cells."""

    domain: str
    row: int
    message: str
    form: int
    marks: Sequence[str]


def _memory(page: Page) -> list[_Remembered]:
    """What the hidden sheet says."""
    found = []
    for _, cells in page.rows():
        texts = [cells[column].text for column in sorted(cells)]
        try:
            domain, line, message, form, *marks = texts
            found.append(_Remembered(domain, int(line) - 1, message, int(form), marks))
        except ValueError as error:
            raise ReviewError("the hidden part of this sheet is damaged; export a new one") from error
    return found


def _now(catalogs: Mapping[str, Mapping[str, Message]], one: _Remembered) -> Iterator[Message]:
    yield from (found[one.message] for found in catalogs.values() if one.message in found)


def _take(found: Returned, where: str, now: Message | None, change: Change, mark: str) -> None:
    """Takes a change, or names what is in its way."""
    if now is None:
        found.conflicts.append(f"{where}: the German text {change.message[:40]!r} has changed or gone since")
        return
    form = change.form
    there = "\n".join(now.user_comments) if form is None else _form(now, form, known()[change.code].forms)
    if there == change.text:
        return
    if _mark(there) != mark:
        found.conflicts.append(f"{where}: changed here too meanwhile, to {there[:60]!r}")
    elif form is not None and form >= known()[change.code].forms:
        found.conflicts.append(f"{where}: this language has no such form")
    elif form is not None and (wrong := _gaps(now, form, change.text)):
        found.conflicts.append(f"{where}: {wrong}")
    else:
        found.changes.append(change)


def _gaps(now: Message, form: int, text: str) -> str | None:
    """What is wrong with the placeholders of a new translation."""
    try:
        wanted, given = _fields(_german(now, form)), _fields(text)
    except ValueError as error:
        return f"{error}"
    if text and wanted - {"n"} != given - {"n"}:
        return f"placeholders are {sorted(given)}, but must be {sorted(wanted)}"
    return None


def _german(message: Message, form: int) -> str:
    return message.id if isinstance(message.id, str) else message.id[min(form, 1)]


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def keep(changes: Sequence[Change]) -> list[Path]:
    """Writes changes into the .po files; gives the files. A text that was changed by hand is not fuzzy any more."""
    files = []
    for code, domain in dict.fromkeys((c.code, c.domain) for c in changes):
        path = _path(code, domain)
        catalog = _catalog(path)
        by_id = _by_id(catalog)
        for change in (c for c in changes if (c.code, c.domain) == (code, domain)):
            message = by_id[change.message]
            if change.form is None:
                message.user_comments = change.text.splitlines()
                continue
            if message.pluralizable:
                strings = [_form(message, form, known()[code].forms) for form in range(known()[code].forms)]
                strings[change.form] = change.text
                message.string = tuple(strings)
            else:
                message.string = change.text
            message.flags.discard("fuzzy")
            message.previous_id = []
        path.write_bytes(written(code, domain, catalog))
        files.append(path)
    return files


def comments(code: str, domain: str) -> Mapping[str, str]:
    """The comments of reviewers on a domain, by German text."""
    path = _path(code, domain)
    if not path.exists():
        return {}
    return {_key(m): " ".join(m.user_comments) for m in _catalog(path) if m.id and m.user_comments}


def _path(code: str, domain: str) -> Path:
    if code not in known():
        raise ReviewError(f"there is no language {code!r}")
    return FOLDER / code / "LC_MESSAGES" / f"{domain}.po"


def _catalog(path: Path) -> Catalog:
    if not path.exists():
        raise LanguageError(f"{path.name}: there is no such catalogue; run: weltoffen texts update")
    with path.open("rb") as file:
        return parsed(file)


def _by_id(catalog: Catalog) -> Mapping[str, Message]:
    return {_key(message): message for message in catalog if message.id}


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _form(message: Message | None, form: int, forms: int) -> str:
    if message is None or (form and not message.pluralizable) or form >= max(forms, 1):
        return ""
    strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
    return strings[form] or "" if form < len(strings) else ""


def _previous(message: Message) -> str:
    before = message.previous_id
    return before if isinstance(before, str) else (before[0] if before else "")


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
