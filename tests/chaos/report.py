"""What a run of kills did, and the damage it found: where what is kept of people is not what they did."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from intended import Intended

from conversations.conversation import Conversation


@dataclass
class Report:
    """What every run tells. Each kind of `DAMAGE` is a list of cases, and must be empty."""

    DAMAGE: ClassVar[tuple[str, ...]] = ("lost", "doubled", "wrong")

    seed: int
    kills: int = 0
    points: Counter[str] = field(default_factory=Counter)
    people: int = 0
    updates: int = 0
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # under another question, or another value

    @property
    def damage(self) -> dict[str, list[str]]:
        """The damage that was found, by kind."""
        return {name: getattr(self, name) for name in self.DAMAGE if getattr(self, name)}

    @property
    def line(self) -> str:
        """The figures as one line of JSON; of each damage its number and the first cases."""
        cases = {k: {"number": len(v), "first": v[:3]} for k, v in self.damage.items()}
        return json.dumps({**{k: v or 0 for k, v in vars(self).items()}, **cases}, ensure_ascii=False)

    def compare(self, who: int, wanted: Intended | None, kept: Conversation | None) -> None:
        """Notes where what is kept of a person is not what was intended; None: nothing of them."""
        if wanted is None or kept is None:
            self.lost += [f"{who}: everything"] if wanted is not None else []
            self.wrong += [f"{who}: there, and should not be"] if kept is not None else []
            return
        for question, _ in wanted.questions:
            must, there = wanted.answers.get(question), kept.answers.get(question)
            if must != there:
                (self.lost if there is None else self.wrong).append(f"{who} {question}: {there} instead of {must}")
        said = [(s.question, s.text) for s in kept.statements]
        if said != wanted.statements:
            must_times, times = Counter(wanted.statements), Counter(said)
            self.lost += [f"{who} {q}: {t}" for q, t in must_times - times]
            self.doubled += [f"{who} {q}: {t}" for q, t in times - must_times]
            if must_times == times:
                self.wrong.append(f"{who}: statements in another order")
        if kept.handed_in != wanted.handed_in:
            self.lost.append(f"{who}: handed in {kept.handed_in} instead of {wanted.handed_in}")
