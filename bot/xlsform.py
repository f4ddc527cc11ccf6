"""Questionnaires as XLSForm, the survey world's own spreadsheet, and back: one form per wording, all languages in it.

A form asks one voice in one kind of commune. Its sheets: survey (a group per field and per criterion, one row per
question), choices (the scale), settings, and `weltoffen` with what XLSForm has no place for. Names begin with a letter,
as XLSForm demands: question 1.4.2 is q1_4_2, criterion 1.4 is c1_4, field 1 is f1.
Reading back needs the forms of all wordings of a questionnaire; every complaint names file, sheet, row and reason.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import spreadsheet
from bot.spreadsheet import TEXTS_ONLY, Limits, Page, SpreadsheetError
from bot.view import RATINGS
from conversations.questionnaire import Kind, Question, Questionnaire, QuestionnaireError, Voice, Wording, parse
from locales import SOURCE, Catalogue, base, catalogue, complete, known, languages
from reports.evaluation import VALUES

FORMAT = "weltoffen-xlsform-1"
Row = dict[str, str]
Sheets = Mapping[str, Sequence[Row]]
LIMITS = Limits()
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # xlsxwriter wants no zone; the same in every file


class XlsFormError(ValueError):
    """Forms that cannot be read; `problems` holds one complaint for each thing that is wrong, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Form:
    """One form: its file name without ending, and its sheets as rows by column."""

    name: str
    sheets: Sheets


# ---- out --------------------------------------------------------------------------------------------------------


def forms(questionnaire: Questionnaire) -> list[Form]:
    """The forms of a questionnaire: one per voice, and two where a wording names the kind of commune."""
    found = []
    for voice in questionnaire.voices:
        kinds = list(Kind) if _by_kind(questionnaire, voice) else [None]
        for kind in kinds:
            parts = [questionnaire.name, str(voice), *([str(kind)] if kind else [])]
            found.append(Form("-".join(parts), _sheets(questionnaire, voice, kind)))
    return found


def _by_kind(questionnaire: Questionnaire, voice: Voice) -> bool:
    """Whether anything a voice reads differs between city and district."""
    every = [questionnaire.introduction, *(w for q in questionnaire.questions for w in (q.text, q.help))]
    return any(len(set(w[voice].values())) > 1 for w in every if voice in w)


@dataclass(frozen=True)
class _Writer:
    questionnaire: Questionnaire
    voice: Voice
    kind: Kind
    spoken: Sequence[Catalogue]

    def labels(self, text: str, column: str = "label") -> Row:
        """A text in every language, by column."""
        return {_column(column, w.language.code): w.of(self.questionnaire.name, text) for w in self.spoken}

    def interface(self, text: str) -> Row:
        return {_column("label", w.language.code): w.t(text) for w in self.spoken}

    def asked(self, wording: Wording, column: str) -> Row:
        return self.labels(wording[self.voice][self.kind], column) if self.voice in wording else {}

    def question(self, asked: Question, criterion: str) -> Row:
        return {
            "type": "select_one scale" if asked.rating else "text",
            "name": f"q{_name(asked.id)}",
            **self.asked(asked.text, "label"),
            **self.asked(asked.help, "hint"),
            "required": "" if asked.optional or not asked.rating else "yes",
            **({} if asked.rating else {"appearance": "multiline"}),
            "criterion": criterion,
            "mirror": str(asked.mirror or ""),
            "optional": "yes" if asked.optional else "",
            "note": asked.note,
        }


def _sheets(questionnaire: Questionnaire, voice: Voice, kind: Kind | None) -> Sheets:
    spoken = [catalogue(code) for code in languages() if complete(code, questionnaire.name)]
    write = _Writer(questionnaire, voice, kind or Kind.CITY, spoken)
    survey: list[Row] = [{"type": "note", "name": "introduction", **write.asked(questionnaire.introduction, "label")}]
    for one in questionnaire.fields:
        survey.append({"type": "begin_group", "name": f"f{_name(one.id)}", **write.labels(one.title)})
        for criterion in one.criteria:
            survey.append({"type": "begin_group", "name": f"c{_name(criterion.id)}", **write.labels(criterion.title)})
            survey += [write.question(q, criterion.id) for q in criterion.questions]
            survey.append({"type": "end_group"})
        survey += [write.question(q, "") for q in one.open]
        survey.append({"type": "end_group"})
    survey += [write.question(q, "") for q in questionnaire.open]
    choices = [
        {"list_name": "scale", "name": str(rating), **write.interface(label), "score": str(VALUES.get(rating, ""))}
        for rating, label in RATINGS.items()
    ]
    title = f"{questionnaire.title} ({voice}{f', {kind}' if kind else ''})"
    settings = [{
        "form_title": title, "form_id": "_".join([questionnaire.id, str(voice), *([str(kind)] if kind else [])]),
        "version": str(questionnaire.version), "default_language": _language(SOURCE),
    }]  # fmt: skip
    about = {
        "format": FORMAT, "id": questionnaire.id, "version": str(questionnaire.version), "voice": str(voice),
        "kind": str(kind or ""), "answers_as": "institution" if questionnaire.institution else "persons",
        "minutes": str(questionnaire.minutes), "voices": " ".join(questionnaire.voices),
    }  # fmt: skip
    own: list[Row] = [{"name": name, "value": value} for name, value in about.items()]
    own += [
        {"name": "title", **write.labels(questionnaire.title)},
        {"name": "origin", **write.labels(questionnaire.origin)},
    ]
    return {"survey": survey, "choices": choices, "settings": settings, "weltoffen": own}


def _name(identifier: str) -> str:
    return identifier.replace(".", "_")


def _language(code: str) -> str:
    """A language as XLSForm names it: "English (en)"; its tools know languages without script and variant alone."""
    return f"{known()[code].name} ({base(code)})"


def _column(kind: str, code: str) -> str:
    return f"{kind}::{_language(code)}"


def workbook(form: Form) -> bytes:
    """The form as an XLSX file: the same bytes for the same questionnaire, and nothing in it is a formula."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, TEXTS_ONLY) as book:
        book.set_properties({"title": form.name, "created": _EPOCH})
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in form.sheets.items():
            sheet = book.add_worksheet(name)
            columns = list(dict.fromkeys(column for row in rows for column in row))
            for place, column in enumerate(columns):
                sheet.write_string(0, place, column, bold)
                sheet.set_column(place, place, 40 if "::" in column else 16)
            for line, row in enumerate(rows, 1):
                for place, column in enumerate(columns):
                    if text := row.get(column, ""):
                        sheet.write_string(line, place, text, wrapped)
            sheet.freeze_panes(1, 2 if name == "survey" else 0)
    return buffer.getvalue()


# ---- and back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Read:
    """A questionnaire read from forms: its TOML, and the translations by language and German text."""

    name: str
    toml: str
    translations: Mapping[str, Mapping[str, str]]


@dataclass
class _Read:
    """One form as it is read: who is asked, and what, line by line."""

    file: str
    about: dict[str, str]
    titles: dict[str, Row]
    rows: list[tuple[int, Row]]
    voice: Voice
    kind: Kind | None
    problems: list[str] = field(default_factory=list)

    def wrong(self, line: int, why: str) -> None:
        self.problems.append(f"{self.file}: survey, row {line}: {why}")


def read(files: Mapping[str, bytes | Path]) -> Read:
    """The questionnaire in these forms, by name. Raises XlsFormError naming all that is wrong."""
    found = [_form(name, file) for name, file in files.items()]
    if not found:
        raise XlsFormError(["no form given"])
    first, problems = found[0], []
    for one in found[1:]:
        for key in ("id", "version", "answers_as", "minutes", "voices"):
            there, here = one.about.get(key), first.about.get(key)
            if there != here:
                problems.append(f"{one.file}: weltoffen: {key} is {there!r}, but in {first.file} {here!r}")
    problems += _wordings(found)
    shapes = [_shape(one) for one in found]
    problems += [p for one in found for p in one.problems]
    for one, shape in zip(found[1:], shapes[1:], strict=True):
        if not problems and shape != shapes[0]:
            problems.append(f"{one.file}: survey: not the same questions, in the same order, as in {first.file}")
    if problems:
        raise XlsFormError(problems)
    translations = _translations(found)
    table = _table(found, shapes[0])
    return Read(f"{first.about['id']}-{first.about['version']}", _toml(table), translations)


def _wordings(found: Sequence[_Read]) -> Iterator[str]:
    """Whether there is one form for each voice, or one for each kind of commune of it."""
    by_voice: dict[Voice, list[_Read]] = {}
    for one in found:
        by_voice.setdefault(one.voice, []).append(one)
    for voice in found[0].about.get("voices", "").split():
        if voice not in by_voice:
            yield f"the form of {voice} is missing"
    for voice, those in by_voice.items():
        kinds = [one.kind for one in those]
        if sorted(map(str, kinds)) not in (["None"], sorted(Kind)):
            files = ", ".join(one.file for one in those)
            yield f"{files}: {voice} needs one form, or one each for {' and '.join(Kind)}"


def _form(name: str, file: bytes | Path) -> _Read:
    sheets = _opened(name, file)
    problems = [f"{name}: there is no sheet {sheet!r}" for sheet in ("survey", "weltoffen") if sheet not in sheets]
    if problems:
        raise XlsFormError(problems)
    about = {row.get("name", ""): row.get("value", "") for _, row in sheets["weltoffen"]}
    titles = {row.get("name", ""): row for _, row in sheets["weltoffen"]}
    wrong = [] if about.get("format") == FORMAT else [f"{name}: weltoffen: format must be {FORMAT}"]
    voice, kind = about.get("voice", ""), about.get("kind", "")
    if voice not in list(Voice):
        wrong.append(f"{name}: weltoffen: voice {voice!r} is none of {', '.join(Voice)}")
    if kind and kind not in list(Kind):
        wrong.append(f"{name}: weltoffen: kind {kind!r} is none of {', '.join(Kind)}")
    if wrong:
        raise XlsFormError(wrong)
    return _Read(name, about, titles, sheets["survey"], Voice(voice), Kind(kind) if kind else None)


def _opened(name: str, file: bytes | Path) -> dict[str, list[tuple[int, Row]]]:
    """The sheets of a form as rows by column, with their line. Raises XlsFormError."""
    try:
        pages = spreadsheet.opened(file, LIMITS)
    except SpreadsheetError as error:
        raise XlsFormError([f"{name}: {error}"]) from error
    return {title: list(_rows(f"{name}: {title}", page)) for title, page in pages.items()}


def _rows(where: str, page: Page) -> Iterator[tuple[int, Row]]:
    columns: dict[int, str] = {}
    for row, cells in page.rows():
        if any(cell.computed for cell in cells.values()):
            raise XlsFormError([f"{where}, row {row + 1}: a formula stands where a text must"])
        texts = {column: cell.text.strip() for column, cell in cells.items()}
        if row == 0:
            columns = texts
        else:
            yield row + 1, {columns[column]: text for column, text in texts.items() if column in columns}


Shape = tuple[tuple[str, ...], ...]
"""What must be the same in all forms of a questionnaire: type, name, criterion, mirror, optional, note of each row."""


def _shape(one: _Read) -> Shape:
    found = []
    for line, row in one.rows:
        kind, name = row.get("type", ""), row.get("name", "")
        if kind not in ("note", "begin_group", "end_group", "select_one scale", "text"):
            one.wrong(line, f"type {kind!r} is none of note, begin_group, end_group, select_one scale, text")
        if kind != "end_group" and not row.get(_column("label", SOURCE)):
            one.wrong(line, f"{name or kind} has no label in German ({_column('label', SOURCE)})")
        if kind in ("select_one scale", "text") and not name.startswith("q"):
            one.wrong(line, f"name {name!r} must begin with q, as in q1_4")
        if kind == "begin_group" and name[:1] not in ("f", "c"):
            one.wrong(line, f"name {name!r} must begin with f (a field) or c (a criterion)")
        found.append((kind, name, *(row.get(c, "") for c in ("criterion", "mirror", "optional", "note"))))
    return tuple(found)


def _translations(found: Sequence[_Read]) -> Mapping[str, Mapping[str, str]]:
    """By language, the German texts with their translations. Raises XlsFormError where one text has two."""
    codes = [code for code in known() if code != SOURCE]
    texts: dict[str, dict[str, str]] = {code: {} for code in codes}
    problems = []
    for one in found:
        rows = [*one.rows, *((0, one.titles[name]) for name in ("title", "origin") if name in one.titles)]
        for line, row in rows:
            for kind in ("label", "hint"):
                german = row.get(_column(kind, SOURCE))
                for code in codes if german else []:
                    text = row.get(_column(kind, code))
                    if german and text and texts[code].setdefault(german, text) != text:
                        problems.append(f"{one.file}: row {line}: {german[:40]!r} has two translations in {code}")
    if problems:
        raise XlsFormError(problems)
    return {code: those for code, those in texts.items() if those}


def _table(found: Sequence[_Read], shape: Shape) -> dict[str, Any]:
    """The questionnaire as the TOML table that its reader knows."""
    first = found[0]
    about = first.about
    table: dict[str, Any] = {
        "id": about["id"], "version": int(about["version"]), "answers_as": about["answers_as"],
        "title": first.titles["title"][_column("label", SOURCE)],
        "introduction": _wording(found, 0, "label"),
        "origin": first.titles["origin"][_column("label", SOURCE)],
        "minutes": int(about["minutes"]), "voices": about["voices"].split(),
    }  # fmt: skip
    fields: list[dict[str, Any]] = []
    loose: list[dict[str, Any]] = []
    inside: list[str] = []
    for place, (kind, name, _, mirror, optional, note) in enumerate(shape):
        if kind == "begin_group":
            title = first.rows[place][1][_column("label", SOURCE)]
            one = {"id": name[1:].replace("_", "."), "title": title}
            if name.startswith("f"):
                fields.append(one)
            else:
                fields[-1].setdefault("criterion", []).append(one)
            inside.append(name[0])
        elif kind == "end_group":
            inside.pop()
        elif kind != "note":
            asked = {
                "id": name[1:].replace("_", "."), "kind": "rating" if kind != "text" else "open",
                **({"mirror": mirror} if mirror else {}), **({"optional": True} if optional == "yes" else {}),
                **({"note": note} if note else {}),
                "text": _wording(found, place, "label"),
                **({"help": help_} if (help_ := _wording(found, place, "hint")) else {}),
            }  # fmt: skip
            match inside:
                case [_, "c"]:
                    fields[-1]["criterion"][-1].setdefault("question", []).append(asked)
                case ["f"]:
                    fields[-1].setdefault("open", []).append(asked)
                case _:
                    loose.append(asked)
    return table | ({"field": fields} if fields else {}) | ({"open": loose} if loose else {})


def _wording(found: Sequence[_Read], place: int, column: str) -> Any:
    """The German wordings of one row in all forms: a text where all are the same, else a table by voice and kind."""
    by_voice: dict[str, Any] = {}
    for one in found:
        text = one.rows[place][1].get(_column(column, SOURCE))
        if text is None:
            continue
        if one.kind is None:
            by_voice[str(one.voice)] = text
        else:
            by_voice.setdefault(str(one.voice), {})[str(one.kind)] = text
    short = {
        voice: text["city"] if isinstance(text, dict) and text.get("city") == text.get("district") else text
        for voice, text in by_voice.items()
    }
    every = list(short.values())
    if not every:
        return None
    voices = found[0].about["voices"].split()
    if isinstance(every[0], str) and len(short) == len(voices) and all(text == every[0] for text in every):
        return every[0]
    return short


def _toml(table: Mapping[str, Any]) -> str:
    """The table as TOML, checked as every questionnaire is. Raises XlsFormError."""
    import tomli_w

    name = f"{table['id']}-{table['version']}.toml"
    text = tomli_w.dumps(table)
    try:
        parse(name, text)
    except QuestionnaireError as error:
        raise XlsFormError([str(error)]) from None
    return text
