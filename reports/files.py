"""A file that claims to be a release or a machine-readable report: tells which it is and what does not add up. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from conversations.questionnaire import Questionnaire
from reports import checker, document, machine, machine_checker


def problems(content: bytes, questionnaires: Mapping[str, Questionnaire]) -> list[str]:
    """Everything in the file that does not add up, one complaint each; empty when all is well."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        return [f"file: is no JSON: {error}"]
    if not isinstance(found, dict) or found.get("format") not in (document.FORMAT, machine.FORMAT):
        return [f"file: is neither a release ({document.FORMAT}) nor a report ({machine.FORMAT})"]
    asked = found.get("questionnaire")
    name = f"{asked.get('id')}-{asked.get('version')}" if isinstance(asked, dict) else str(asked)
    if name not in questionnaires:
        return [f"questionnaire: {name} is none of {', '.join(questionnaires)}"]
    if found["format"] == document.FORMAT:
        return checker.problems(found, questionnaires[name])
    return machine_checker.problems(found, questionnaires[name])
