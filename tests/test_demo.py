"""The demonstration's people come to an end, whatever their dice say."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession

from bot.demo.person import Person, Plan

OPEN = ["5ndbbd:1:f:d1:1", "5ndbbd:1:s:d1:1"]  # an open question's buttons: finished, skip


class Heard(Person):
    """A person whose acts are written down instead of sent."""

    sent: list[tuple[str, dict[str, Any]]]

    async def _post(self, path: str, **values: object) -> dict[str, Any]:
        self.sent.append((path, values))
        return {}


async def _first_acts(answered: int) -> set[str]:
    """What 200 people do at an open question after so many answers."""
    found = set()
    async with ClientSession() as http:
        for seed in range(200):
            person = Heard(http, Plan("Ida", "de", 0.5, (0, 0)), {"d1": ["Der Sportverein nimmt alle auf."]}, seed)
            person.sent, person.answered = [], answered
            await person._act({"message_id": 7, "text": "Frage", "edited": 0}, OPEN)
            found |= {path.rpartition("/")[2] for path, _ in person.sent}
    return found


async def test_nobody_skips_every_question_since_an_empty_sheet_is_not_taken() -> None:
    assert await _first_acts(answered=0) == {"text"}


async def test_whoever_has_said_something_skips_now_and_then() -> None:
    assert await _first_acts(answered=1) == {"text", "press"}
