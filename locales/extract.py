"""Which texts there are: extracts them from Python, Jinja and TOML into one .pot per domain, and updates the .po."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import denormalize, read_po, write_po

from locales import FOLDER, MESSAGES, SOURCE, STATEMENT, known

PYTHON = {"t": None, "n": (1, 2), "mark": None}
TEXT_KEYS = {
    "title", "introduction", "text", "help", "origin", "opening", "levels", "marks", "chart",
}  # fmt: skip
VERSIONED = "*-[0-9]*.toml"
OF_A_STATEMENT = ("bot/statement/**/*.py", "bot/cli/statement.py", "reports/statement*.py",
                  "reports/templates/statement*.html")  # fmt: skip


def sources(root: Path) -> Mapping[str, list[Path]]:
    """The files of each domain below `root`: the interface, that of statements, and one per versioned TOML file."""
    statement = {path for pattern in OF_A_STATEMENT for path in root.glob(pattern)}
    interface = {*root.glob("bot/**/*.py"), *root.glob("reports/**/*.py"), *root.glob("reports/**/*.html")}
    versioned = sorted([*root.glob(f"conversations/questionnaires/{VERSIONED}"), *root.glob(f"reports/{VERSIONED}")])
    domains = {MESSAGES: sorted(interface - statement), **({STATEMENT: sorted(statement)} if statement else {})}
    return domains | {path.stem: [path] for path in versioned}


def template(root: Path, domain: str) -> bytes:
    """The .pot of one domain, the same bytes for the same sources."""
    catalog = _catalog(domain)
    for path in sources(root)[domain]:
        for place, message, comments in _messages(path):
            name = f"{path.relative_to(root).as_posix()}"
            catalog.add(message, locations=[(name, 1)], auto_comments=[c for c in (place, *comments) if c])
    return _written(catalog)


def updated(root: Path, code: str, domain: str) -> bytes:
    """The .po of a language brought up to date with the template: new texts empty, changed ones fuzzy."""
    path = FOLDER / code / "LC_MESSAGES" / f"{domain}.po"
    language = known()[code]
    found = path.read_bytes() if path.exists() else _head(code, domain).encode()  # the head tells the number of forms
    catalog = parsed(io.BytesIO(found))
    before = {_key(message): message.previous_id for message in catalog}
    catalog.update(read_po(io.BytesIO(template(root, domain))))
    for message in catalog:
        if message.fuzzy and not message.previous_id:
            message.previous_id = before.get(_key(message), [])  # Babel forgets it where the text is still the same
        if message.pluralizable and len(message.string or ()) != language.forms:
            message.string = tuple([*(message.string or ()), *[""] * language.forms][: language.forms])
    return written(code, domain, catalog)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def parsed(file: IO[bytes]) -> Catalog:
    """A .po with what Babel takes for comments, the former German of fuzzy texts, in its place."""
    catalog = read_po(file)
    catalog.fuzzy = False
    for message in catalog:
        before = "\n".join(c[1:].strip() for c in message.user_comments if c.startswith("|"))
        if before:
            message.user_comments = [c for c in message.user_comments if not c.startswith("|")]
            one, _, many = before.removeprefix("msgid").partition("msgid_plural")
            message.previous_id = [denormalize(part.strip()) for part in (one, many) if part.strip()]
    return catalog


def written(code: str, domain: str, catalog: Catalog) -> bytes:
    """A .po as it is committed: our own head, then its texts."""
    _, _, rest = _written(catalog).partition(b"\n\n")
    return _head(code, domain).encode() + rest


def translated(code: str, domain: str, path: Path, texts: Mapping[str, str]) -> bytes:
    """A new .po of a language for the questionnaire file at `path`, with these translations of its German texts."""
    catalog = _catalog(domain)
    for place, message, comments in _messages(path):
        assert isinstance(message, str)  # noqa: S101 - a questionnaire has no plural forms
        catalog.add(message, texts.get(message, ""), auto_comments=[c for c in (place, *comments) if c])
    return written(code, domain, catalog)


def _head(code: str, domain: str) -> str:
    """The header of a .po: no dates, no names, one line each."""
    lines = [
        f"# weltoffen: {domain}", 'msgid ""', 'msgstr ""', '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"', '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Language: {code}\\n"', f'"Plural-Forms: {known()[code].rule}\\n"',
    ]  # fmt: skip
    return "\n".join(lines) + "\n\n"


def stale(root: Path) -> list[str]:
    """Which committed .pot differ from what the sources hold now, one complaint each."""
    found = []
    for domain in sources(root):
        path = FOLDER / f"{domain}.pot"
        if not path.exists() or path.read_bytes() != template(root, domain):
            found.append(f"locales/{domain}.pot: does not match the sources; run: weltoffen texts extract")
    return found


def targets() -> list[str]:
    """The languages that have catalogues of their own: those offered, and those that are being translated."""
    return [
        code for code, language in known().items() if code != SOURCE and (language.offered or (FOLDER / code).is_dir())
    ]


def _catalog(domain: str) -> Catalog:
    catalog = Catalog(project="weltoffen", domain=domain, charset="utf-8", fuzzy=False)
    catalog.header_comment = f"# weltoffen: {domain}"
    catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    return catalog


def _written(catalog: Catalog) -> bytes:
    """Stable: sorted by place, no dates, no line numbers."""
    buffer = io.BytesIO()
    write_po(
        buffer, catalog, width=110, include_lineno=False, omit_header=False, ignore_obsolete=True, include_previous=True
    )
    dropped = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Generated-By',
               b'"Report-Msgid', b'"Project-Id')  # fmt: skip
    return b"\n".join(line for line in buffer.getvalue().split(b"\n") if not line.startswith(dropped))


Found = tuple[str, "str | tuple[str, str]", list[str]]


def _messages(path: Path) -> Iterator[Found]:
    if path.suffix == ".toml":
        yield from _toml(tomllib.loads(path.read_text("utf-8")))
        return
    method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
    for _, message, comments, _ in extract_from_file(
        method, path, keywords=cast("dict[str, Any]", PYTHON), comment_tags=["Note:"], strip_comment_tags=True
    ):
        yield "", cast("str | tuple[str, str]", message), list(comments)


def _toml(table: Mapping[str, Any], place: str = "", inside: bool = False, note: Sequence[str] = ()) -> Iterator[Found]:
    """Every text under a key that is shown, with the way to it; ids name the way where there are any."""
    here = str(table.get("id", "")) or place
    note = [table["note"]] if isinstance(table.get("note"), str) else note
    for key, value in table.items():
        shown = inside or key in TEXT_KEYS
        way = f"{here} {key}".strip()
        if isinstance(value, str) and shown:
            yield way, value.strip(), list(note)
        elif isinstance(value, dict):
            yield from _toml(value, way, shown, note)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    yield from _toml(item, here)
