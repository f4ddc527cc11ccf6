"""A contributor's part as the spreadsheet file that goes out: its sheets, how to fill them in, and the notice."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any

from bot.clock import here
from bot.spreadsheet import TEXTS_ONLY
from bot.statement.form import (
    ANSWER,
    EVIDENCE,
    GUIDE,
    HEAD,
    LABELS,
    MARKER,
    QUESTIONS,
    REPORT,
    REPORT_HEAD,
    REPORTS,
    TARGET,
    Form,
    Marker,
    bare,
    seen,
    written,
)
from conversations.conversation import REFERRAL_LENGTH, REFERRED, REPORT_LENGTH, SKIPPED, Conversation
from conversations.institution import Contributor
from conversations.survey import BACKUP_DAYS, text_in
from locales import STATEMENT, Catalogue


def sheet(form: Form, one: Contributor, given: Conversation | None, made: datetime) -> bytes:
    """The file of a contributor's part, with what it has said so far filled in."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, TEXTS_ONLY)
    book.set_properties({"title": f"{form.questionnaire.title} – {one.title}", "author": form.survey.commune.office,
                         "created": made.replace(tzinfo=None)})  # fmt: skip
    _guide(book, form, one)
    if form.rated:
        _questions(book, form, given)
    if form.told:
        _reports(book, form, given)
    marker = Marker(form.survey.id, one.id, form.questionnaire.name, form.language, form.questions,
                    seen(form.questions, given))  # fmt: skip
    hidden = book.add_worksheet(MARKER)
    for row, pair in enumerate(marker.rows):
        for column, text in enumerate(pair):
            hidden.write_string(row, column, text)
    hidden.protect()
    hidden.very_hidden()
    book.close()
    return buffer.getvalue()


# ---- the sheets -------------------------------------------------------------------------------------------------

WIDTHS = (8, 19, 21, 39, 33, 19, 41, 20)
REPORT_WIDTHS = (8, 19, 30, 33, 106)
FONT = {"font_name": "Arial", "font_size": 11, "valign": "top", "text_wrap": True}
LOCKED = {**FONT, "align": "left", "indent": 1, "border": 1, "border_color": "#B0B7C3", "num_format": "@"}
FREE = {**LOCKED, "locked": False, "bg_color": "#FFF9DB", "border_color": "#8A8F99"}
TOP = {**LOCKED, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3A5F", "valign": "vcenter"}
PADDING = 8  # points above a row's text
LINE = 15  # points of a line
MOST = 409  # points: a row cannot be higher


def _questions(book: Any, form: Form, given: Conversation | None) -> None:
    words = form.words
    labels = {value: words.t(label) for value, label in LABELS.items()}
    page = _page(book, form, words.t(QUESTIONS), HEAD, WIDTHS)
    fixed, free = book.add_format(LOCKED), book.add_format(FREE)
    chosen = book.add_format({**FREE, "bold": True})
    for row, (question, cells) in enumerate(zip(form.rated, form.rows, strict=True), 1):
        value = given.answers.get(question.id) if given else None
        target = bare(given.referrals.get(question.id, "") if given else "")
        evidence = written(given, question.id)
        for column, text in enumerate(cells):
            page.write_string(row, column, text, fixed)
        _free(page, row, ANSWER, labels.get(value or "", ""), chosen)
        _free(page, row, EVIDENCE, evidence, free)
        _free(page, row, TARGET, target, free)
        page.set_row(row, _height([*cells, "", evidence, target], WIDTHS))
    last = len(form.rated)
    page.data_validation(1, ANSWER, last, ANSWER, {
        "validate": "list", "source": list(labels.values()), "error_title": words.t("Antwort"),
        "error_message": bare(words.t("Bitte wählen Sie aus der Liste: {choice}.", choice=", ".join(labels.values()))),
    })  # fmt: skip
    _at_most(page, words, last, EVIDENCE, REPORT_LENGTH)
    _at_most(page, words, last, TARGET, REFERRAL_LENGTH)


def _reports(book: Any, form: Form, given: Conversation | None) -> None:
    words = form.words
    page = _page(book, form, words.t(REPORTS), REPORT_HEAD, REPORT_WIDTHS)
    fixed, free = book.add_format(LOCKED), book.add_format(FREE)
    for row, (question, cells) in enumerate(zip(form.told, form.report_rows, strict=True), 1):
        text = written(given, question.id)
        if not text and given and given.answers.get(question.id) == SKIPPED:
            text = words.t(LABELS[SKIPPED])
        for column, locked in enumerate(cells):
            page.write_string(row, column, locked, fixed)
        _free(page, row, REPORT, text, free)
        page.set_row(row, max(180, _height([*cells, text], REPORT_WIDTHS)))
    _at_most(page, words, len(form.told), REPORT, REPORT_LENGTH)


def _page(book: Any, form: Form, name: str, head: Sequence[str], widths: Sequence[int]) -> Any:
    """A protected sheet with its head, that stays where it is and on every printed page."""
    page = book.add_worksheet(name)
    top = book.add_format(TOP)
    for column, (title, width) in enumerate(zip(head, widths, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, form.words.t(title), top)
    page.set_row(0, 2 * LINE)
    page.freeze_panes(1, 1)
    page.repeat_rows(0)
    _set_up(page, form)
    return page


def _set_up(page: Any, form: Form) -> None:
    """A4 across, as wide as the paper; rows may be made higher, for long texts."""
    page.protect("", {"format_rows": True, "format_columns": True})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(0.4, 0.4, 0.5, 0.6)
    name = form.survey.commune.name.replace("&", "&&")
    page.set_footer(f"&L&9{name}, {form.words.of(form.questionnaire.name, form.questionnaire.title)}&C&9&A&R&9&P / &N")
    page.hide_gridlines(2)


def _free(page: Any, row: int, column: int, text: str, style: Any) -> None:
    if text:
        page.write_string(row, column, text, style)
    else:
        page.write_blank(row, column, None, style)


def _at_most(page: Any, words: Catalogue, last: int, column: int, most: int) -> None:
    page.data_validation(1, column, last, column, {
        "validate": "length", "criteria": "<=", "value": most,
        "error_message": words.t("Hier passen höchstens {number} Zeichen hinein.", number=most),
    })  # fmt: skip


def _height(texts: Sequence[str], widths: Sequence[int], least: int = 2) -> int:
    """How many points a row needs: spreadsheets do not make the rows of a protected sheet higher by themselves."""
    lines = max(
        sum(len(wrap(line, width)) or 1 for line in text.split("\n"))
        for text, width in zip(texts, widths, strict=False)
    )
    return min(MOST, PADDING + LINE * max(least, lines))


# ---- how to fill it in, and the notice ---------------------------------------------------------------------------


def _guide(book: Any, form: Form, one: Contributor) -> None:
    words = form.words
    page = book.add_worksheet(words.t(GUIDE))
    width = 84  # narrower than the paper also where another font takes Arial's place: one column is never scaled
    page.set_column(0, 0, width)
    styles = {
        "title": book.add_format({**FONT, "font_size": 18, "bold": True, "font_color": "#1F3A5F"}),
        "who": book.add_format({**FONT, "font_size": 12, "bold": True}),
        "head": book.add_format({**FONT, "font_size": 13, "bold": True, "font_color": "#1F3A5F", "valign": "bottom"}),
        "text": book.add_format(FONT),
    }  # fmt: skip
    heights = {"title": 30, "head": 30}
    for row, (style, text) in enumerate(_guidance(form, one)):
        page.write_string(row, 0, bare(text), styles[style])
        page.set_row(row, heights.get(style) or _height([bare(text)], [width], least=1))
    _set_up(page, form)
    page.set_portrait()  # it is read as a letter
    page.fit_to_pages(1, 1)


def _guidance(form: Form, one: Contributor) -> list[tuple[str, str]]:
    words, survey, asks = form.words, form.survey, form.survey.commune
    of = words.of
    intro = form.questionnaire.introduction[survey.voices[0]][asks.kind]
    found = [
        ("title", f"{of(form.questionnaire.name, form.questionnaire.title)} – {asks.name}"),
        ("who", words.t("Wer antwortet: {title}", title=one.title)),
    ]
    if survey.closes is not None:
        found.append(("who", words.t("Bitte zurück bis: {day}", day=words.day(here(survey.closes).date()))))
    found += [
        ("who", words.t("Zurück an: {office}, {contact}", office=asks.office, contact=asks.contact)),
        ("text", of(form.questionnaire.name, intro)),
        ("head", words.t("So füllen Sie den Bogen aus")),
        *(("text", f"{n}. {text}") for n, text in enumerate(_steps(form), 1)),
        ("head", words.t("Datenschutz")),
        *(("text", text) for text in _notice(form)),
        ("text", of(form.questionnaire.name, form.questionnaire.origin)),
    ]
    return found


def _steps(form: Form) -> list[str]:
    words = form.words
    label = {value: words.t(text) for value, text in LABELS.items()}
    found = [words.t("Schreiben Sie nur in die gelben Zellen. Alles andere ist gesperrt und soll so bleiben: Zeilen "
                     "nicht löschen, verschieben oder verbinden, bitte keine Formeln.")]  # fmt: skip
    if form.rated:
        found += [
            words.t("Blatt „{sheet}“: Wählen Sie in der Spalte „{answer}“ aus der Liste. Antworten Sie so, wie es "
                    "heute ist.", sheet=words.t(QUESTIONS), answer=words.t(HEAD[ANSWER])),
            words.t("„{cannot_say}“ heißt: Das lässt sich nicht einschätzen. „{skipped}“ heißt: Sie haben die Frage "
                    "nicht bearbeitet. „{unsure}“ heißt: Jemand anderes weiß mehr. Schreiben Sie dann unter "
                    "„{target}“, welche Stelle das ist.", cannot_say=label["cannot-say"], skipped=label[SKIPPED],
                    unsure=label[REFERRED], target=words.t(HEAD[TARGET])),
            words.t("Unter „{evidence}“ ist Platz für eine Maßnahme, eine Quelle oder eine Notiz, höchstens {number} "
                    "Zeichen.", evidence=words.t(HEAD[EVIDENCE]), number=REPORT_LENGTH),
        ]  # fmt: skip
    if form.told:
        found.append(words.t("Blatt „{sheet}“: Hier schreiben Sie frei, höchstens {number} Zeichen je Zelle. Einen "
                             "Absatz beginnen Sie mit Alt und Eingabetaste (LibreOffice: Strg und Eingabetaste).",
                             sheet=words.t(REPORTS), number=REPORT_LENGTH))  # fmt: skip
    found += [
        words.t("Was leer bleibt, gilt als nicht beantwortet."),
        words.t("Speichern Sie den Bogen als Excel-Datei (.xlsx) und geben Sie ihn zurück. Solange die Erklärung nicht "
                "unterzeichnet ist, gilt der Bogen, den Sie zuletzt zurückgeben."),
    ]  # fmt: skip
    return found


def _notice(form: Form) -> list[str]:
    words, asks, code = form.words, form.survey.commune, form.words.language.code
    found = [
        words.t("Verantwortlich für die Daten: {controller}. Für Datenschutz zuständig: {officer}. Rechtsgrundlage: "
                "{basis}. Beschweren können Sie sich bei: {authority}.", controller=asks.controller,
                officer=asks.data_protection_officer, basis=text_in(asks.legal_basis, code),
                authority=asks.supervisory_authority),
        words.t("Wofür: Aus den Antworten aller Stellen entsteht eine Erklärung für die ganze Kommune. Darin stehen "
                "Ihre Stelle mit Bereich und Funktion, Ihre Antworten und Belege und Ihre Selbstauskunft. Ihren Namen "
                "braucht es dafür nicht. Schreiben Sie bitte auch keine Namen anderer Menschen."),
        words.t("Wer liest was: Die Koordination sieht, welche Stelle was geantwortet hat, und jeden Schritt bis zur "
                "Erklärung. Die Erklärung und der Bericht dazu können veröffentlicht werden."),
        words.n("Gelöscht werden die Antworten {n} Tag nach dem Ende der Umfrage.",
                "Gelöscht werden die Antworten {n} Tage nach dem Ende der Umfrage.", asks.retention_days)
        + " " + words.t("Was in einer unterzeichneten Erklärung steht, bleibt.") + " "
        + words.n("In Sicherungskopien kann es noch {n} Tag länger stehen.",
                  "In Sicherungskopien kann es noch {n} Tage länger stehen.", BACKUP_DAYS),
        words.t("Ihre Antworten einsehen, ändern oder löschen lassen: bei der Stelle, an die der Bogen zurückgeht."),
        words.t("Mit der Rückgabe dieses Bogens bestätigen Sie, dass Sie diese Hinweise gelesen haben und für Ihre "
                "Stelle antworten."),
    ]  # fmt: skip
    if words.language.machine(STATEMENT, form.questionnaire.name):
        found.append(words.t("Diese Texte wurden maschinell übersetzt. Es gilt der deutsche Text."))
    return found
