"""The released figures as one flat table, for spreadsheets and statistics; of a statement every answer. Pure."""

from __future__ import annotations

from conversations.questionnaire import Questionnaire
from reports.document import Document
from reports.machine import report

HEAD = ["voice", "n", "field", "criterion", "title", "mark", "reason", "mean", "ratings"]
HEAD_OF_STATEMENT = ["field", "criterion", "title", "mark", "mean", "question", "answer", "state", "reason", "by"]


def table(document: Document, questionnaire: Questionnaire) -> list[list[str]]:
    """A head and one line per voice and criterion; empty cells where a figure is withheld or missing.

    Of a town's statement one line per question: the town's answer, how it came to be, and whose it is.
    """
    if questionnaire.institution:
        return _of_statement(document, questionnaire)
    lines = [HEAD]
    for voice, block in report(document, questionnaire)["voices"].items():
        for field in block["fields"]:
            for criterion in field["criteria"]:
                lines.append([
                    voice, _cell(block["n"]), field["id"], criterion["id"], criterion["title"],
                    _cell(criterion["mark"]), _cell(criterion["reason"]), _cell(criterion["mean"]),
                    _cell(criterion["n"]),
                ])  # fmt: skip
    return lines


def _of_statement(document: Document, questionnaire: Questionnaire) -> list[list[str]]:
    found = report(document, questionnaire)
    titles = {c["id"]: f"{c['department']}, {c['function']}" for c in found["town"]["contributors"]}
    lines = [HEAD_OF_STATEMENT]
    for field in found["voices"][questionnaire.voices[0]]["fields"]:
        for criterion in field["criteria"]:
            for question in criterion["questions"]:
                position = found["town"]["positions"][question]
                lines.append([
                    field["id"], criterion["id"], criterion["title"], _cell(criterion["mark"]),
                    _cell(criterion["mean"]), question, position["value"], position["state"], position["reason"],
                    "; ".join(titles[one] for one in position["by"]),
                ])  # fmt: skip
    return lines


def _cell(value: object) -> str:
    return "" if value is None else str(value)
