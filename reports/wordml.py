"""Word's markup out of values: runs, paragraphs, lists, headings and tables, every text escaped, every direction set.

Knows neither a report nor a file. Whatever people wrote comes out as text and nothing else: no character of it can end
an element, begin a field or be taken for a template's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from markupsafe import Markup

from locales import FSI, PDI, Catalogue
from reports import words
from reports.markdown import Block, Form, blocks

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SYMBOL_FONT = "Segoe UI Symbol"  # has ✓ and ✘ in Word; other programs take what they have
GROUP = 8  # rows below one heading that are not parted by the end of a page
FILL = "EAEFF1"  # of a row that is a heading; its words are bold as well
WHOLE = 5000  # fiftieths of a percent: the width of a table that is as wide as the text
# What XML cannot hold, and the half characters that no encoding can.
UNWRITABLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "{": "&#123;", "}": "&#125;"}
LINES = re.compile("[\n\u2028\u2029]")
PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*|\u2029")


class Style(StrEnum):
    """The styles of a document, by the names under which Word knows them in every language."""

    NORMAL = "Normal"
    HEADING_1 = "heading 1"
    HEADING_2 = "heading 2"
    HEADING_3 = "heading 3"
    TOC_HEADING = "TOC Heading"
    TOC_1 = "toc 1"
    BULLET = "List Bullet"
    NUMBER = "List Number"
    CAPTION = "caption"
    QUOTE = "Quote"
    FACT = "Weltoffen Fact"
    LEVEL = "Weltoffen Level"
    NOTE = "Weltoffen Note"
    SIGNED = "Weltoffen Signed"
    AFTER_TABLE = "Weltoffen After Table"
    CELL = "Weltoffen Cell"
    FIGURE = "Weltoffen Figure"
    SMALL = "Weltoffen Small"
    SMALL_FIGURE = "Weltoffen Small Figure"
    TABLE = "Weltoffen Table"


HEADINGS = (Style.HEADING_1, Style.HEADING_2, Style.HEADING_3)


@dataclass(frozen=True)
class Run:
    """A piece of a line. `lang`: another language than the document's; `proof` is off where nobody knows which."""

    text: str
    bold: bool = False
    italic: bool = False
    lang: str = ""
    proof: bool = True
    font: str = ""


Line = Run | str | Sequence[Run | str]


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its paragraphs, how many columns it spans, whether it is a heading."""

    lines: tuple[Line, ...]
    style: Style = Style.CELL
    span: int = 1
    fill: bool = False


@dataclass(frozen=True)
class Table:
    """A table. `caption` stands above it and is its title for those who hear it; `told` says what it holds.

    `shares` are the widths of the columns in proportion. `head` is repeated on every page.
    """

    caption: str
    told: str
    shares: Sequence[int]
    head: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]


def written(text: str) -> str:
    """A text as it stands in markup: without what XML cannot hold or turns lines round, all else escaped."""
    return "".join(ENTITIES.get(c, c) for c in writable(text))


def writable(text: str) -> str:
    """A text without the characters that XML or an encoding cannot hold, or that turn lines round."""
    return UNWRITABLE.sub("", words.clean(text).replace("\t", " "))


def plain(text: str) -> str:
    """A text without the isolates around inserted values, for places that hold one piece only."""
    return words.clean(text.replace(FSI, "").replace(PDI, ""))


def right_to_left(text: str) -> bool | None:
    """Which way a text is read, by its first letter; None where it has none."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return None


class Writer:
    """Writes markup for one template: with its ids of styles, its width, and the direction of its language."""

    def __init__(
        self, styles: Mapping[str, str], width: int, rtl: bool, number: Callable[[], int], lang: str = ""
    ) -> None:
        """`width` is that of the text in twentieths of a point; `number` gives a new numbering for each list; `lang`
        is the language in which a town writes, where it is not the document's."""
        self.styles = styles
        self.width = width
        self.rtl = rtl
        self.number = number
        self.lang = lang

    # ---- pieces -------------------------------------------------------------------------------------------------

    def runs(self, line: Line, base: bool | None = None) -> str:
        """The runs of a line; every inserted value is a run of its own where it is read the other way."""
        pieces = [line] if isinstance(line, Run | str) else line
        rtl = self.rtl if base is None else base
        return "".join(self._run(Run(piece) if isinstance(piece, str) else piece, rtl) for piece in pieces)

    def _run(self, run: Run, rtl: bool) -> str:
        found: list[tuple[str, bool]] = []
        for text, direction in _directed(run.text, rtl):
            if found and found[-1][1] is direction:
                found[-1] = (found[-1][0] + text, direction)
            else:
                found.append((text, direction))
        return "".join(f"<w:r>{_properties(run, direction)}{_text(text)}</w:r>" for text, direction in found if text)

    def paragraph(
        self, line: Line, style: Style = Style.NORMAL, *, rtl: bool | None = None, first: bool = False,
        numbering: int | None = None, keep: bool = False,
    ) -> str:  # fmt: skip
        """A paragraph. `rtl`: read otherwise than the document; `first`: begins a page; `keep`: with the next one."""
        content = self.runs(line, rtl)
        if not content:
            return ""
        inside = f'<w:pStyle w:val="{self.styles[style]}"/>'
        inside += "<w:keepNext/>" * keep + "<w:pageBreakBefore/>" * first
        if numbering is not None:
            inside += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{numbering}"/></w:numPr>'
        if rtl is not None or self.rtl:
            inside += f'<w:bidi w:val="{int(self.rtl if rtl is None else rtl)}"/>'
        return f"<w:p><w:pPr>{inside}</w:pPr>{content}</w:p>"

    # ---- blocks -------------------------------------------------------------------------------------------------

    def heading(self, level: int, text: str, *, first: bool = False) -> str:
        """A heading of level 1 to 3; it stands in the navigation and in the table of contents."""
        return self.paragraph(text, HEADINGS[level - 1], first=first)

    def bullets(self, lines: Iterable[Line]) -> str:
        """A list."""
        return "".join(self.paragraph(line, Style.BULLET) for line in lines)

    def numbers(self, lines: Iterable[Line]) -> str:
        """A numbered list, counted from 1."""
        numbering = self.number()
        return "".join(self.paragraph(line, Style.NUMBER, numbering=numbering) for line in lines)

    def said(self, text: str, style: Style = Style.QUOTE, *, lang: str | None = None) -> str:
        """What somebody wrote, paragraph by paragraph and in the direction of its first letter.

        `lang` is the language it is written in; without one nobody knows, and its spelling is not checked.
        """
        found = []
        for part in PARAGRAPHS.split(text.strip()):
            rtl = right_to_left(part)
            run = Run(part, proof=lang is not None, lang=lang or "")
            found.append(self.paragraph(run, style, rtl=None if rtl is self.rtl else rtl))
        return "".join(found)

    def prose(self, text: str) -> str:
        """A text that people edited, with its paragraphs, lists and bold words; headings become small ones."""
        return self.blocks(blocks(text))

    def blocks(self, those: Iterable[Block]) -> str:
        """Paragraphs, lists and headings, each line in the direction of its first letter."""
        found = []
        for block in those:
            style = {
                Form.PARAGRAPH: Style.NORMAL, Form.BULLETS: Style.BULLET, Form.NUMBERED: Style.NUMBER,
                Form.HEADING: Style.HEADING_3,
            }[block.form]  # fmt: skip
            numbering = self.number() if block.form is Form.NUMBERED else None
            for line in block.lines:
                pieces = [Run(piece.text, bold=piece.bold, lang=self.lang) for piece in line]
                rtl = right_to_left("".join(piece.text for piece in line))
                found.append(self.paragraph(pieces, style, numbering=numbering, rtl=None if rtl is self.rtl else rtl))
        return "".join(found)

    def page_number(self, catalogue: Catalogue) -> Markup:
        """Page and number of pages for the footer, as fields between the words."""
        first, second = f"{FSI}page{PDI}", f"{FSI}pages{PDI}"
        text = catalogue.t("Seite {page} von {pages}", page="page", pages="pages")
        found = []
        for n, piece in enumerate(text.replace(second, first).split(first)):
            if n:
                found.append(field("PAGE" if n == 1 else "NUMPAGES", "1"))
            found.append(self.runs(piece))
        return block(*found)

    def table(self, table: Table) -> str:
        """A table below its caption."""
        total = sum(table.shares)
        widths = [self.width * share // total for share in table.shares]
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        mirrored = "<w:bidiVisual/>" * self.rtl
        properties = (
            f'<w:tblStyle w:val="{self.styles[Style.TABLE]}"/>{mirrored}<w:tblW w:w="{WHOLE}" w:type="pct"/>'
            '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
            'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/>'
            f'<w:tblCaption w:val="{written(plain(table.caption))}"/>'
            f'<w:tblDescription w:val="{written(plain(table.told))}"/>'
        )
        kept = _together(table.rows)
        rows = self._row(table.head, widths, head=True)
        rows += "".join(self._row(row, widths, keep=k) for row, k in zip(table.rows, kept, strict=True))
        caption = self.paragraph(table.caption, Style.CAPTION, keep=True)
        return f"{caption}<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"

    def _row(self, cells: Sequence[Cell], widths: Sequence[int], *, head: bool = False, keep: bool = True) -> str:
        found, at = [], 0
        for cell in cells:
            width = sum(widths[at : at + cell.span])
            at += cell.span
            properties = f'<w:tcW w:w="{width}" w:type="dxa"/>'
            properties += f'<w:gridSpan w:val="{cell.span}"/>' * (cell.span > 1)
            properties += f'<w:shd w:val="clear" w:color="auto" w:fill="{FILL}"/>' * cell.fill
            lines = [_bold(line) if head or cell.fill else line for line in cell.lines]
            content = "".join(self.paragraph(line, cell.style, keep=keep) for line in lines)
            content = content or f'<w:p><w:pPr><w:pStyle w:val="{self.styles[cell.style]}"/></w:pPr></w:p>'
            found.append(f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>")
        return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' * head}</w:trPr>{''.join(found)}</w:tr>"


def block(*parts: str) -> Markup:
    """Markup that a template takes in as it is; every text in it has passed `written`."""
    return Markup("".join(parts))  # noqa: S704 # nosec B704


def field(instruction: str, shown: str = "") -> str:
    """The runs of a field of Word's own, for instance PAGE, with what stands there until it is counted."""
    result = f"<w:r><w:t>{written(shown)}</w:t></w:r>" if shown else ""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _together(rows: Sequence[Sequence[Cell]]) -> list[bool]:
    """Which rows stay on the page of the next one: a heading always, and a small group as a whole."""
    found = [row[0].fill for row in rows]
    starts = [*(n for n, fill in enumerate(found) if fill), len(rows)]
    for start, end in pairwise(starts):
        if end - start <= GROUP:
            found[start : end - 1] = [True] * (end - 1 - start)
    return found


def _bold(line: Line) -> list[Run]:
    pieces = [line] if isinstance(line, Run | str) else line
    runs = [Run(piece) if isinstance(piece, str) else piece for piece in pieces]
    return [Run(r.text, True, r.italic, r.lang, r.proof, r.font) for r in runs]


def _directed(text: str, rtl: bool) -> Iterable[tuple[str, bool]]:
    """The pieces of a text and which way each is read: what stands between isolates has a direction of its own."""
    depth, piece = 0, ""
    for character in text:
        if character not in (FSI, PDI):
            piece += character
            continue
        if depth == (0 if character == FSI else 1):
            yield piece, rtl if depth == 0 else _own(piece, rtl)
            piece = ""
        depth = max(depth + (1 if character == FSI else -1), 0)
    yield piece, rtl if depth == 0 else _own(piece, rtl)


def _own(text: str, rtl: bool) -> bool:
    found = right_to_left(text)
    if found is None:
        return rtl and not any(character.isdigit() for character in text)
    return found


def _text(text: str) -> str:
    lines = [f'<w:t xml:space="preserve">{written(line)}</w:t>' for line in LINES.split(text)]
    return "<w:br/>".join(lines)


def _properties(run: Run, rtl: bool) -> str:
    found = ""
    if run.font:
        found += "<w:rFonts " + " ".join(f'w:{part}="{run.font}"' for part in ("ascii", "hAnsi", "eastAsia", "cs"))
        found += "/>"
    found += "<w:b/><w:bCs/>" * run.bold + "<w:i/><w:iCs/>" * run.italic
    found += "<w:noProof/>" * (not run.proof) + "<w:rtl/>" * rtl
    if run.lang:
        found += f'<w:lang w:val="{run.lang}" w:bidi="{run.lang}"/>'
    return f"<w:rPr>{found}</w:rPr>" if found else ""
