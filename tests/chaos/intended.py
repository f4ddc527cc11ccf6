"""What must be kept of one person, worked out from what was done in a few lines of its own: the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

RATINGS = ("yes", "rather-yes", "rather-no", "no", "cannot-say")
SKIPPED, FINISHED = "skipped", "finished"


@dataclass
class Intended:
    """What must be kept of one person, and what the chat must show."""

    questions: Sequence[tuple[str, bool]]  # id, and whether it is a rating
    answers: dict[str, str] = field(default_factory=dict)
    statements: list[tuple[str, str]] = field(default_factory=list)
    handed_in: bool = False
    wished: bool = False
    at: str | None = None
    place: str = "question"

    @property
    def current(self) -> str | None:
        """The question that is open."""
        return self.at or next((q for q, _ in self.questions if q not in self.answers), None)

    def copy(self) -> Intended:
        """The same, to be kept while this one goes on."""
        return replace(self, answers=dict(self.answers), statements=list(self.statements))

    def given(self, question: str) -> list[str]:
        """The statements to one question."""
        return [text for q, text in self.statements if q == question]

    def settle(self, question: str, value: str) -> None:
        """A question is answered, skipped or finished; on goes the way."""
        self.answers[question] = value
        if value == SKIPPED:
            self.statements = [s for s in self.statements if s[0] != question]
        self.onward()

    def onward(self) -> None:
        """To the first question that is not settled, or where all are."""
        self.at, self.place = None, "question"
        if self.current is None:
            self.place = "thanks" if self.handed_in else "review"
