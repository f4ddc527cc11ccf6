"""What is known of the chats of a batch, and what follows from each update: values between read, fold and write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.organisers import Organiser
from bot.statement.meant import Meant
from bot.telegram.read import Incoming
from bot.view import View
from conversations.conversation import Conversation
from conversations.institution import Seat
from conversations.questionnaire import Voice
from conversations.store.post import Address, ShownScreen
from conversations.survey import Survey


@dataclass
class Step:
    """What follows from one update; it takes effect only when the update was folded without an exception."""

    conversations: list[Conversation] = field(default_factory=list)
    bottom: list[str] = field(default_factory=list)
    toast: View | None = None
    lead: str = ""  # what a reply to something typed says before the question is shown again, in the same message
    messages: list[View] = field(default_factory=list)
    edit: View | None = None
    born: tuple[Conversation, int | None] | None = None  # a new conversation, the message with the consent button
    wrong_code: bool = False
    wish: Conversation | None = None
    forget: list[Conversation] = field(default_factory=list)
    unwished: list[str] = field(default_factory=list)  # surveys of which this telephone holds nothing any more
    confirm: View | None = None
    leave: bool = False  # an organiser wants to be one no more
    privacy: Conversation | None = None
    blocked: bool | None = None
    invite: str | None = None
    ask: str | None = None
    seat: tuple[str, Seat] | None = None  # what the seat of a contributor, by respondent, has become
    sheet: tuple[str, Conversation] | None = None  # what a new contributor has answered on a sheet, by its old name
    unseat: list[str] = field(default_factory=list)  # who used a link, and wants to be no contributor
    menu: Meant | None = None  # `toast` is what is said where there is no right to it


@dataclass(frozen=True)
class Invitation:
    """A contributor's one-time link, as it was presented: where it leads, and whether it still lets somebody in.

    `sheet` is what the contributor has handed in as a spreadsheet, if it has.
    """

    seat: Seat
    good: bool
    sheet: Conversation | None = None


@dataclass
class Known:
    """What was read for one batch, and what becomes of it while the batch is folded."""

    surveys: Mapping[str, Survey]
    codes: Mapping[str, tuple[Survey, Voice]]
    users: dict[str, int]
    conversations: dict[str, Conversation]
    screens: dict[str, ShownScreen]
    addresses: Mapping[str, Address]
    tries: dict[int, int]
    organisers: dict[int, list[Organiser]]
    seats: dict[str, Seat] = field(default_factory=dict)  # by respondent
    invitations: dict[str, Invitation] = field(default_factory=dict)  # by token
    views: dict[str, View] = field(default_factory=dict)
    steps: list[tuple[Incoming, Step]] = field(default_factory=list)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    seated: Mapping[str, Seat] = field(default_factory=dict, init=False)  # the seats before this batch
    taken: dict[str, Seat] = field(default_factory=dict, init=False)  # by those who used a link in this batch
    sheets: dict[str, tuple[str, Conversation]] = field(default_factory=dict, init=False)  # what they had handed in
    _respondents: dict[int, list[str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.seated = dict(self.seats)
        for respondent, user in self.users.items():
            self._respondents.setdefault(user, []).append(respondent)

    def of(self, user: int) -> list[Conversation]:
        """The conversations of one chat."""
        return [self.conversations[r] for r in self._respondents.get(user, ())]

    def take(self, one: Incoming, step: Step) -> None:
        """What a step makes of what is known, for the updates after it in the same batch."""
        for conversation in step.conversations:
            self.put(conversation, one.user)
        if step.forget or step.unseat:
            self._forget(one.user, step)
        if step.seat is not None:
            self.sit(*step.seat)
        if step.sheet is not None:
            former, sheet = step.sheet
            self.sheets[sheet.respondent] = (former, sheet)
            self.put(sheet, one.user)
        if step.wrong_code:
            self.tries[one.user] = self.tries.get(one.user, 0) + 1

    def _forget(self, user: int, step: Step) -> None:
        """What a step deletes; of which surveys the telephone holds nothing any more is written into the step."""
        for conversation in step.forget:
            self.drop(conversation.respondent)
        self.leave([*(k.respondent for k in step.forget), *step.unseat])
        left = {k.survey for k in self.of(user)}
        step.unwished = list(dict.fromkeys(k.survey for k in step.forget if k.survey not in left))

    def put(self, conversation: Conversation, user: int) -> None:
        """What a conversation of a chat has become."""
        if conversation.respondent not in self.users:
            self.users[conversation.respondent] = user
            self._respondents.setdefault(user, []).append(conversation.respondent)
        self.conversations[conversation.respondent] = conversation

    def drop(self, respondent: str) -> None:
        """A conversation is deleted, and what is known of its screen: who begins anew sees another one."""
        self.screens.pop(respondent, None)
        self._respondents[self.users.pop(respondent)].remove(respondent)
        del self.conversations[respondent]

    def sit(self, respondent: str, seat: Seat) -> None:
        """What a seat has become; whoever had it before has none any more, and its link is used."""
        was, one = self.seats.get(respondent), seat.contributor
        if was is None or was.contributor.id != one.id:
            self.taken[respondent] = seat
            self.invitations = {
                token: replace(i, good=False) if i.seat.contributor.id == one.id else i
                for token, i in self.invitations.items()
            }
        self.seats = {r: s for r, s in self.seats.items() if s.contributor.id != one.id} | {respondent: seat}

    def leave(self, respondents: Iterable[str]) -> None:
        """These are no contributors any more."""
        for respondent in respondents:
            self.seats.pop(respondent, None)
            self.taken.pop(respondent, None)
            self.sheets.pop(respondent, None)
            if respondent in self.conversations:  # what stood on a sheet, and was not consented to
                self.drop(respondent)
