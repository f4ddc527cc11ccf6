"""The released figures as one flat table, for spreadsheets and statistics. Pure."""

from __future__ import annotations

from conversations.questionnaire import Questionnaire
from reports.document import Document
from reports.machine import report

HEAD = ["voice", "n", "field", "criterion", "title", "mark", "reason", "mean", "ratings"]


def table(document: Document, questionnaire: Questionnaire) -> list[list[str]]:
    """A head and one line per voice and criterion; empty cells where a figure is withheld or missing."""
    lines = [HEAD]
    for voice, block in report(document, questionnaire)["voices"].items():
        for field in block["fields"]:
            for criterion in field["criteria"]:
                title = questionnaire.criteria[criterion["id"]].title
                lines.append([
                    voice, _cell(block["n"]), field["id"], criterion["id"], title, _cell(criterion["mark"]),
                    _cell(criterion.get("reason")), _cell(criterion["mean"]), _cell(criterion["n"]),
                ])  # fmt: skip
    return lines


def _cell(value: object) -> str:
    return "" if value is None else str(value)
