"""A Word file out of a template: opened, checked, given the styles it lacks, filled, finished, always the same bytes.

Knows docxtpl and python-docx, which come with the extra [office], and nothing of a report. A template is the town's own
work, but what stands in it runs in a sandbox, and it can reach nothing but the variables it is given.
"""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reports.wordml import NAMESPACE, Style, right_to_left

OWN = Path(__file__).parent / "templates"
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the time of every file inside: a zip knows none before
WORD_TAGS: Mapping[str, str] = {"de": "de-DE", "en": "en-GB", "ar": "ar-SA"}
W = f"{{{NAMESPACE}}}"
CONTENTS = "weltoffen-contents"  # the bookmark where the table of contents goes
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
EXPRESSION = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


class WordTemplateError(ValueError):
    """A template that cannot be used; the message names what is wrong in it."""


class OfficeError(RuntimeError):
    """The extra with which Word files are written is missing."""


@dataclass(frozen=True)
class Properties:
    """What a file says of itself."""

    title: str
    author: str
    language: str
    subject: str
    day: date


def own_template(name: str = "auswertung") -> bytes:
    """One of our own templates as a file, to begin with when making another. What its folder lacks, for instance the
    styles, is that of the Auswertung."""
    folders = (OWN / "auswertung", OWN / name)
    files = {p.relative_to(f).as_posix(): p for f in folders for p in f.rglob("*") if p.is_file()}
    names = sorted(files, key=lambda one: (one != "[Content_Types].xml", one))  # this one is read first
    return _zipped([(one, files[one].read_bytes()) for one in names])


class WordFile:
    """A template that is being filled."""

    def __init__(self, content: bytes, name: str, language: str) -> None:
        """`name` is what messages call it, `language` the tag of the document's language ("de").

        Raises OfficeError without the extra, WordTemplateError for a file that is no Word document.
        """
        try:
            from docxtpl import DocxTemplate
        except ImportError:
            raise OfficeError(
                "Word files need the extra [office]: uv sync --extra office, or pip install 'weltoffen[office]'"
            ) from None
        self.name = name
        self.tag = WORD_TAGS.get(language, language)
        self._template = DocxTemplate(io.BytesIO(content))
        try:
            self._template.init_docx()
        except Exception as error:  # whatever a broken file makes the libraries raise
            raise WordTemplateError(f"{name}: not a Word document (.docx) that can be opened: {error}") from error
        self._numbers = 0
        self.styles = self._adopted()
        self.width = self._width()

    # ---- what the writer needs ----------------------------------------------------------------------------------

    def number(self) -> int:
        """A new numbering that counts from 1."""
        numbering = self._numbering()
        identifier = 1 + max((int(n.get(f"{W}numId")) for n in numbering.findall(f"{W}num")), default=0)
        number = _made("num", numId=str(identifier))
        number.append(_made("abstractNumId", val=self._counting))
        override = _made("lvlOverride", ilvl="0")
        override.append(_made("startOverride", val="1"))
        number.append(override)
        numbering.append(number)
        return identifier

    def _width(self) -> int:
        """The width of the text, in twentieths of a point."""
        section = self._template.docx.sections[0]
        edges = (section.page_width, section.left_margin, section.right_margin)
        page, left, right = (edge.twips if edge is not None else 0 for edge in edges)
        return int(page - left - right) if page > left + right else 9412

    def _adopted(self) -> dict[str, str]:
        """The ids of all styles by name; those the template lacks are taken over from our own."""
        from docx import Document

        own = Document(io.BytesIO(own_template()))
        theirs = self._template.docx.styles.element
        ids = {_name(s).lower(): s.get(f"{W}styleId") for s in theirs.findall(f"{W}style")}
        taken = set(ids.values())
        lists = self._adopted_numbering(own)
        ours = {s.get(f"{W}styleId"): s for s in own.styles.element.findall(f"{W}style")}
        for style in ours.values():
            name = _name(style).lower()
            if name in ids:
                continue
            new = copy.deepcopy(style)
            identifier = str(style.get(f"{W}styleId"))
            ids[name] = identifier if identifier not in taken else f"Weltoffen{identifier}"
            taken.add(ids[name])
            new.set(f"{W}styleId", ids[name])
            new.attrib.pop(f"{W}default", None)
            for reference in new.iterfind(f".//{W}numId"):
                reference.set(f"{W}val", lists[reference.get(f"{W}val")])
            theirs.append(new)
        for style in theirs.findall(f"{W}style"):
            for reference in (*style.findall(f"{W}basedOn"), *style.findall(f"{W}next")):
                target = reference.get(f"{W}val")
                if target not in taken and target in ours:
                    reference.set(f"{W}val", ids[_name(ours[target]).lower()])
        return {style: ids[style.lower()] for style in Style}

    def _adopted_numbering(self, own: Any) -> dict[str, str]:
        """Our bullets and numbers among the template's own; gives the new id of each numbering by its old one."""
        source, numbering = own.part.numbering_part.element, self._numbering()
        taken = [int(a.get(f"{W}abstractNumId")) for a in numbering.findall(f"{W}abstractNum")]
        shift = 1 + max(taken, default=-1)
        first = next((n for n in numbering if n.tag == f"{W}num"), None)
        for abstract in source.findall(f"{W}abstractNum"):
            new = copy.deepcopy(abstract)
            new.set(f"{W}abstractNumId", str(int(abstract.get(f"{W}abstractNumId")) + shift))
            if first is None:
                numbering.append(new)
            else:
                first.addprevious(new)
        above = 1 + max((int(n.get(f"{W}numId")) for n in numbering.findall(f"{W}num")), default=0)
        found = {}
        for n, number in enumerate(source.findall(f"{W}num")):
            abstract = str(int(number.find(f"{W}abstractNumId").get(f"{W}val")) + shift)
            new = _made("num", numId=str(above + n))
            new.append(_made("abstractNumId", val=abstract))
            numbering.append(new)
            found[number.get(f"{W}numId")] = str(above + n)
            self._counting = abstract  # the last one counts
        return found

    def _numbering(self) -> Any:
        from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
        from docx.opc.packuri import PackURI
        from docx.parts.numbering import NumberingPart

        part = self._template.docx.part
        if not any(r.reltype == RELATIONSHIP_TYPE.NUMBERING for r in part.rels.values()):
            empty = f'<w:numbering xmlns:w="{NAMESPACE}"/>'.encode()
            made = NumberingPart.load(PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING, empty, part.package)
            part.relate_to(made, RELATIONSHIP_TYPE.NUMBERING)
        return part.numbering_part.element

    # ---- checked and filled -------------------------------------------------------------------------------------

    def filled(self, values: Mapping[str, Any], properties: Properties, rtl: bool) -> bytes:
        """The file, with `values` in the places of its variables. Raises WordTemplateError naming what is wrong."""
        environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
        self._checked(environment, values)
        core = self._template.docx.core_properties
        for name in ("author", "comments", "identifier", "language", "subject", "title"):
            setattr(core, name, "")  # docxtpl would take them for templates
        try:
            self._template.render(dict(values), environment)
        except (UndefinedError, SecurityError, TemplateError) as error:
            raise WordTemplateError(f"{self.name}: {error.message}") from error
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise WordTemplateError(f"{self.name}: what it computes goes wrong: {error}") from error
        if any(len(text) for text in self._template.docx.element.body.iter(f"{W}t")):
            raise WordTemplateError(f"{self.name}: a block stands within a line; write {{{{p … }}}} in a paragraph of "
                                    "its own")  # fmt: skip
        self._fill_contents()
        self._direct(rtl)
        self._describe(properties)
        packed = io.BytesIO()
        self._template.docx.save(packed)
        return _frozen(packed.getvalue())

    def _checked(self, environment: ImmutableSandboxedEnvironment, values: Mapping[str, Any]) -> None:
        """Raises WordTemplateError for what can be seen beforehand: syntax, unknown names, a block inside a line."""
        unknown: set[str] = set()
        for place, source in self._sources():
            try:
                unknown |= meta.find_undeclared_variables(environment.parse(source)) - values.keys()
            except TemplateSyntaxError as error:
                near = _near(source, error.lineno)
                raise WordTemplateError(f"{self.name}, {place}: {error.message}{near}") from error
        if unknown:
            raise WordTemplateError(
                f"{self.name} asks for {', '.join(sorted(unknown))}; there are: {', '.join(sorted(values))}"
            )
        blocks = {name for name, value in values.items() if isinstance(value, Markup) and "<w:p>" in value}
        for paragraph in self._template.docx.element.body.iter(f"{W}p"):
            text = "".join(t.text or "" for t in paragraph.iter(f"{W}t"))
            for name in EXPRESSION.findall(text):
                if name in blocks:
                    raise WordTemplateError(f"{self.name}: {name} is a whole block; write {{{{p {name} }}}} in a "
                                            "paragraph of its own")  # fmt: skip

    def _sources(self) -> Iterator[tuple[str, str]]:
        template = self._template
        yield "text", template.patch_xml(template.get_xml())
        for place, uri in (("header", template.HEADER_URI), ("footer", template.FOOTER_URI)):
            for _, part in template.get_headers_footers(uri):
                yield place, template.patch_xml(template.get_part_xml(part))

    # ---- finished -----------------------------------------------------------------------------------------------

    def _fill_contents(self) -> None:
        """Puts the headings that are there into the table of contents, each as a link to its place."""
        body = self._template.docx.element.body
        mark = next((b for b in body.iter(f"{W}bookmarkStart") if b.get(f"{W}name") == CONTENTS), None)
        if mark is None:
            return
        place = mark.getparent()
        chapter = self.styles[Style.HEADING_1]
        entries: list[Any] = []
        taken = max((int(b.get(f"{W}id", "0")) for b in body.iter(f"{W}bookmarkStart")), default=0)
        for n, paragraph in enumerate(body.iter(f"{W}p")):
            style = paragraph.find(f"{W}pPr/{W}pStyle")
            text = "".join(t.text or "" for t in paragraph.iter(f"{W}t"))
            if style is None or style.get(f"{W}val") != chapter or not text:
                continue
            name = f"_Toc{n:08d}"
            identifier = str(taken + len(entries) + 1)
            paragraph.insert(1, _made("bookmarkStart", id=identifier, name=name))
            paragraph.append(_made("bookmarkEnd", id=identifier))
            entries.append(_entry(self.styles[Style.TOC_1], name, text))
        for n, entry in enumerate(entries):
            if n == 0:
                _after_properties(entry, [_run(_made("fldChar", fldCharType="begin", dirty="true")),
                                          _run(_instruction('TOC \\o "1-1" \\h \\z \\u')),
                                          _run(_made("fldChar", fldCharType="separate"))])  # fmt: skip
            if n == len(entries) - 1:
                entry.append(_run(_made("fldChar", fldCharType="end")))
            place.addprevious(entry)
        place.getparent().remove(place)

    def _direct(self, rtl: bool) -> None:
        """In a language read from the right: every paragraph, table and section that is not directed yet."""
        if not rtl:
            return
        docx = self._template.docx
        roots = [docx.element.body]
        for section in docx.element.body.iter(f"{W}sectPr"):
            _inserted(section, _made("bidi"), ("rtlGutter", "docGrid", "printerSettings", "sectPrChange"))
        for uri in (self._template.HEADER_URI, self._template.FOOTER_URI):
            roots += [part._element for _, part in self._template.get_headers_footers(uri)]
        for root in roots:
            for paragraph in root.iter(f"{W}p"):
                properties = _properties(paragraph, "pPr")
                if properties.find(f"{W}bidi") is not None:
                    continue
                _inserted(properties, _made("bidi"), AFTER_BIDI)
                for run in paragraph.iter(f"{W}r"):
                    if right_to_left("".join(t.text or "" for t in run.iter(f"{W}t"))) is not False:
                        _inserted(_properties(run, "rPr"), _made("rtl"), ("cs", "em", "lang"))

    def _describe(self, properties: Properties) -> None:
        """Language, title, author and days. A file says when its release was made, not when it was written."""
        docx = self._template.docx
        defaults = docx.styles.element.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        if defaults is not None:
            for old in defaults.findall(f"{W}lang"):
                defaults.remove(old)
            defaults.append(_made("lang", val=self.tag, eastAsia=self.tag, bidi=self.tag))
        moment = datetime(properties.day.year, properties.day.month, properties.day.day)  # noqa: DTZ001 - python-docx takes it for UTC
        core = docx.core_properties
        core.title, core.author, core.subject = (
            v[:255] for v in (properties.title, properties.author, properties.subject)
        )
        core.language, core.last_modified_by, core.revision = self.tag, "weltoffen", 1
        core.created = core.modified = moment


AFTER_BIDI = (
    "adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap", "jc",
    "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId", "cnfStyle", "rPr", "sectPr",
    "pPrChange",
)  # fmt: skip


def contents(heading: str) -> Markup:
    """The place of the table of contents, below its heading; `filled` puts the headings there."""
    marked = f'<w:bookmarkStart w:id="0" w:name="{CONTENTS}"/><w:bookmarkEnd w:id="0"/>'
    return Markup(f"{heading}<w:p>{marked}</w:p>")  # noqa: S704 # nosec B704


def _made(tag: str, /, **attributes: str) -> Any:
    from docx.oxml.parser import OxmlElement

    element = OxmlElement(f"w:{tag}")
    for attribute, value in attributes.items():
        element.set(f"{W}{attribute}", value)
    return element


def _run(*inside: Any) -> Any:
    run = _made("r")
    for element in inside:
        run.append(element)
    return run


def _instruction(text: str) -> Any:
    element = _made("instrText")
    element.set(XML_SPACE, "preserve")
    element.text = f" {text} "
    return element


def _entry(style: str, bookmark: str, text: str) -> Any:
    """A line of the table of contents, as a link. Which page it is on only Word and LibreOffice know, once they have
    laid the pages out: they add it when they update the field, and until then no number is better than a wrong one."""
    paragraph, properties = _made("p"), _made("pPr")
    properties.append(_made("pStyle", val=style))
    paragraph.append(properties)
    link = _made("hyperlink", anchor=bookmark, history="1")
    title = _made("t")
    title.set(XML_SPACE, "preserve")
    title.text = text
    link.append(_run(title))
    paragraph.append(link)
    return paragraph


def _after_properties(paragraph: Any, runs: Sequence[Any]) -> None:
    for n, run in enumerate(runs):
        paragraph.insert(1 + n, run)


def _inserted(parent: Any, element: Any, successors: Sequence[str]) -> None:
    """Puts an element in the one place where the order of the format allows it."""
    if parent.find(element.tag) is None:
        following = next((c for c in parent if c.tag in {f"{W}{name}" for name in successors}), None)
        if following is None:
            parent.append(element)
        else:
            following.addprevious(element)


def _properties(element: Any, tag: str) -> Any:
    """The properties of a paragraph or run, which stand first in it."""
    found = element.find(f"{W}{tag}")
    if found is None:
        found = _made(tag)
        element.insert(0, found)
    return found


def _name(style: Any) -> str:
    found = style.find(f"{W}name")
    return "" if found is None else str(found.get(f"{W}val"))


def _near(source: str, line: int) -> str:
    """What stands where a template's syntax is wrong."""
    text = re.sub(r"<[^>]+>", " ", source.splitlines()[line - 1] if line <= len(source.splitlines()) else "")
    found = re.search(r"\{[{%#].*", " ".join(text.split()))
    return f", near {found[0][:60]!r}" if found else ""


def _frozen(content: bytes) -> bytes:
    """The same file without the moment at which it was written."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return _zipped([(name, packed.read(name)) for name in packed.namelist()])


def _zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)
    return found.getvalue()
