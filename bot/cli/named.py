"""What the commands of a statement share: a contributor by id or title, and why a step cannot be made, in English."""

from __future__ import annotations

from bot.cli.common import fail
from bot.statement.steps import Refusal, StepError, Town
from conversations.institution import Contributor

REFUSED = {
    Refusal.KNOWN: "{what} is a contributor already; a new link: weltoffen statement contributor link SURVEY ID",
    Refusal.UNKNOWN: "there is no contributor {what!r}; see: weltoffen statement contributor list SURVEY",
    Refusal.NO_QUESTION: "there is no question or field {what!r}",
    Refusal.NO_REASON: "a reason is needed: --reason '…'",
    Refusal.NO_FIELD: "name at least one field",
    Refusal.TOO_LONG: "that is too long: at most {what} characters",
    Refusal.NO_VALUE: "{what!r} is no answer to this question",
    Refusal.NOT_PRESENTED: "the answers have not been presented yet: weltoffen statement present SURVEY",
    Refusal.NOT_ASKED: "this contributor has no part of field {what}",
    Refusal.OPEN_QUESTIONS: "not settled yet: {what}; see: weltoffen statement status SURVEY",
    Refusal.NO_FUNCTION: "department and function must not be empty",
    Refusal.SAME: "nothing has changed since version {what}",
    Refusal.CLOSED: "survey {what} is closed, nothing changes any more",
    Refusal.NO_STATEMENT: "survey {what} asks single people; it has no statement of a town",
}


def refusal(error: StepError) -> str:
    """Why a step cannot be made, in one line."""
    return REFUSED[error.why].format(what=error.what)


def named(town: Town, word: str) -> Contributor:
    """A contributor by id, or by "Department, function". Ends the command where it is not one."""
    line = " ".join(word.split()).casefold()
    found = [c for c in town.contributors if c.id == word] or [
        c for c in town.contributors if c.title.casefold() == line
    ]
    if len(found) == 1:
        return found[0]
    there = "; ".join(f"{c.id} {c.title}" for c in town.contributors) or "none yet"
    fail(f"{'more than one contributor is' if found else 'there is no contributor'} {word!r}; there are: {there}")
