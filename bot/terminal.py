"""The terminal door: the same conversation on standard input and output; nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from bot import notice
from bot.buttons import Consent, read_before, read_press
from bot.mydata import mydata
from bot.typed import cleaned, command, meaning
from bot.view import View, view
from bot.words import Plain, help_text, plain, said
from conversations import conversation as c
from conversations.conversation import Act, Conversation, Effect, Place
from conversations.engine import advance
from conversations.questionnaire import Questionnaire, Voice
from conversations.survey import Survey

PLACES = {
    "summary": Place.REVIEW, "pause": Place.PAUSED, "language": Place.LANGUAGE,
    "settings": Place.SETTINGS, "delete": Place.DELETE,
}  # fmt: skip


class Walk:
    """One person at one terminal."""

    def __init__(
        self, survey: Survey, questionnaire: Questionnaire, voice: Voice, language: str, say: Callable[[str], None]
    ) -> None:
        """`say` prints one text."""
        self.survey, self.questionnaire, self.voice, self.say = survey, questionnaire, voice, say
        self.conversation = Conversation(survey.id, "terminal", voice, language, "")
        self.started = False
        self.ended = False
        self._shown = View("")

    def begin(self) -> None:
        """Shows the notice."""
        views = notice.notice(self.survey, self.questionnaire, self.voice, self.conversation.language, 1)
        for one in views[:-1]:
            self.say(one.text)
        self._show(views[-1])

    def take(self, line: str) -> None:
        """One line: # and the number of a button, a command, or a text."""
        buttons = [b for row in self._shown.rows for b in row]
        text = line.strip()
        if text.startswith("#") and text[1:].isdecimal() and 1 <= int(text[1:]) <= len(buttons):
            self._press(buttons[int(text[1:]) - 1].data)
        elif (order := command(text)) is not None:
            self._command(order[0])
        elif self.started:
            self._act(c.Wrote(cleaned(text), meaning(text)))
        else:
            self._show(self._shown)

    def _press(self, data: str) -> None:
        if (wish := read_before(data)) is not None:
            if isinstance(wish, Consent):
                self.started = True
                self.conversation = self.conversation._replace(notice=wish.notice)
                self._show(view(self.survey, self.questionnaire, self.conversation))
            else:
                self._show(self._shown)
            return
        found = read_press(data, time.monotonic())
        if found is not None:
            self._act(found[1])

    def _command(self, name: str) -> None:
        language = self.conversation.language
        if name == "help":
            self.say(help_text(language).text)
        elif name == "privacy":
            self.say(notice.text(self.survey, self.questionnaire, self.voice, language))
        elif self.started and name == "start":
            self._act(c.Opened(Place.THANKS if self.conversation.handed_in else Place.QUESTION))
        elif self.started and name == "mydata":
            self._act(c.WantedData())
        elif self.started and name in PLACES:
            self._act(c.Opened(PLACES[name]))
        else:
            self.say(plain(language, Plain.UNKNOWN_COMMAND).text)

    def _act(self, act: Act) -> None:
        turn = advance(self.questionnaire, self.conversation, act)
        self.conversation = turn.conversation._replace(pressed_at=None)
        if turn.word is not None:
            self.say(said(self.survey, self.questionnaire, self.conversation, turn.word).text)
        if turn.effect in (Effect.DELETE, Effect.DELETE_ALL):
            what = Plain.DELETED_ALL if turn.effect is Effect.DELETE_ALL else Plain.DELETED
            self.say(plain(self.conversation.language, what).text)
            self.ended = True
            return
        if turn.effect is Effect.DATA:
            for one in mydata(self.survey, self.questionnaire, self.conversation):
                self.say(one.text)
        if turn.effect is Effect.ANOTHER:
            person = turn.conversation.person + 1
            self.conversation = Conversation(
                self.survey.id, "terminal", self.voice, self.conversation.language, "", person
            )
            self.started = False
            self.begin()
            return
        self._show(view(self.survey, self.questionnaire, self.conversation))

    def _show(self, shown: View) -> None:
        self._shown = shown
        numbered = [f"  #{i} {b.label}" for i, b in enumerate((b for row in shown.rows for b in row), 1)]
        self.say("\n".join([shown.text, "", *numbered]))


def walk(steps: Walk, lines: Iterable[str]) -> Conversation:
    """Walks until the lines end or everything is deleted; gives where the conversation then stands."""
    steps.begin()
    for line in lines:
        if not line.strip():
            continue
        steps.take(line)
        if steps.ended:
            break
    return steps.conversation
