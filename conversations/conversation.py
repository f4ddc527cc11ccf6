"""Where one respondent stands, what a respondent can do, what is shown and said: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from conversations.questionnaire import Field, Question, Rating, Voice

SKIPPED = "skipped"
FINISHED = "finished"
REFERRED = "referred"  # an institution's contributor says who else may know
PAPER = "paper"  # the notice of those whose sheet was typed in: it stood there
PERSONS = 5  # how many people may answer one survey on one telephone
STATEMENTS = 20  # statements per open question
STATEMENT_LENGTH = 2000  # characters of one statement
REPORT_LENGTH = 10_000  # characters of all statements to one open question of an institution
REFERRAL_LENGTH = 200  # characters of whom a question is referred to
COMMENT_LENGTH = 4000  # characters of a Stellungnahme
DOUBLE_TAP = 0.4  # seconds in which a press on the next question counts as the second half of a double tap


class Place(StrEnum):
    """What a conversation shows; the question itself is derived, see `engine.current`."""

    QUESTION = "question"
    REVIEW = "review"
    FIELD = "field"
    SETTINGS = "settings"
    LANGUAGE = "language"
    PAUSED = "paused"
    DELETE = "delete"
    THANKS = "thanks"
    REFERRAL = "referral"  # to whom the question `at` is referred is asked
    COMMENTING = "commenting"  # a contributor's Stellungnahme on the field `at` is asked for
    COMMENT = "comment"  # its Stellungnahme on the field `at` as it will be printed


@dataclass(frozen=True)
class Statement:
    """One message given to an open question, or as evidence to an institution's rating question.

    `id` is empty until the store has given one.
    """

    question: str
    text: str
    id: str = ""


class Conversation(NamedTuple):
    """One respondent in one survey. A new value is made at every change, with `version` one higher.

    A named tuple, for it is the value that every update loads, changes and compares.

    `answers` maps question ids to a rating, "skipped", "referred" or, for open questions, "finished".
    `at` is the question revisited (place question) or referred (place referral), or the field looked at (place field)
    or commented on (places commenting and comment).
    `hidden`: somebody else answers on this telephone now, so that nothing of this is shown or changed there any more.
    `since` is the version at which the current question became current: older buttons are stale.
    `pressed_at` is the second of the last accepted press; it lives in memory only (double taps), never in the store.
    `referrals` says of every question answered "referred" who may know.
    """

    survey: str
    respondent: str
    voice: Voice
    language: str
    notice: str
    person: int = 1
    answers: Mapping[str, str] = MappingProxyType({})
    statements: tuple[Statement, ...] = ()
    place: Place = Place.QUESTION
    at: str | None = None
    version: int = 1
    since: int = 1
    each_new: bool = False
    handed_in: bool = False
    active: bool = True
    hidden: bool = False
    pressed_at: float | None = None
    referrals: Mapping[str, str] = MappingProxyType({})

    def given(self, question: str) -> tuple[str, ...]:
        """The statements to one open question, in order."""
        return tuple(s.text for s in self.statements if s.question == question)


# ---- what a respondent can do -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rated:
    """Pressed a rating; `version` is the conversation's when the button was made, `at` the second of the press.

    So it is for the other buttons of a question.
    """

    question: str
    value: Rating
    version: int
    at: float


@dataclass(frozen=True)
class Skipped:
    """Pressed "skip", or "withdraw my answer" on a question visited again."""

    question: str
    version: int
    at: float | None = None


@dataclass(frozen=True)
class Finished:
    """Pressed "done" at an open question."""

    question: str
    version: int
    at: float | None = None


@dataclass(frozen=True)
class Dropped:
    """Pressed "remove my last statement"."""

    question: str
    version: int
    at: float | None = None


@dataclass(frozen=True)
class Kept:
    """Pressed "keep my answer" on a question visited again."""

    question: str
    version: int
    at: float | None = None


@dataclass(frozen=True)
class Referred:
    """Pressed "I do not know, please ask …" at a question of an institution."""

    question: str
    version: int
    at: float | None = None


@dataclass(frozen=True)
class WentBack:
    """Pressed "back" at a question."""

    question: str
    version: int
    at: float | None = None


@dataclass(frozen=True)
class AskedExample:
    """Pressed ⓘ at a question."""

    question: str


class Meaning(StrEnum):
    """What a typed word can mean besides a rating."""

    SKIP = "skip"
    FINISH = "finish"
    BACK = "back"


@dataclass(frozen=True)
class Wrote:
    """Typed a text. `means` is what the text says in any offered language, if it is such a word."""

    text: str
    means: Rating | Meaning | None = None


@dataclass(frozen=True)
class Sent:
    """Sent something that is no text: a sticker, voice, photo, contact, …; nothing of it is kept."""


@dataclass(frozen=True)
class Edited:
    """Edited an earlier message; what was kept stays as it was."""


@dataclass(frozen=True)
class Opened:
    """Asked for a place: a menu command, "change" in the review, "continue"."""

    place: Place
    at: str | None = None


@dataclass(frozen=True)
class ChoseLanguage:
    """Chose another language midway."""

    language: str


@dataclass(frozen=True)
class ChoseEachNew:
    """Chose whether every question comes as a new message."""

    each_new: bool


@dataclass(frozen=True)
class HandedIn:
    """Pressed "hand in" in the review."""


@dataclass(frozen=True)
class ChoseReminders:
    """Chose whether to be reminded of what is open."""

    wanted: bool


@dataclass(frozen=True)
class Uncommented:
    """Pressed "take it back" at a Stellungnahme; `version` is the conversation's when the button was made."""

    field: str
    version: int


@dataclass(frozen=True)
class Deleted:
    """Confirmed the deletion; with `everybody` of all surveys and persons on this telephone."""

    everybody: bool = False


@dataclass(frozen=True)
class WantedResult:
    """Asked to be sent the result once it is there."""


@dataclass(frozen=True)
class WantedData:
    """Asked for a copy of all that is held."""


@dataclass(frozen=True)
class AnotherPerson:
    """Wants somebody else to fill in on the same telephone."""


Act = (
    Rated | Skipped | Finished | Dropped | Kept | Referred | WentBack | AskedExample | Wrote | Sent | Edited | Opened
    | ChoseLanguage | ChoseEachNew | ChoseReminders | Uncommented | HandedIn | Deleted | WantedResult | WantedData
    | AnotherPerson
)  # fmt: skip


# ---- what is said in passing ------------------------------------------------------------------------------------


class Say(StrEnum):
    """A passing reply to one act; its words stand in one table of the view."""

    NOTED = "noted"
    ALREADY = "already"
    STALE = "stale"
    EXAMPLE = "example"
    NO_EXAMPLE = "no-example"
    CHOOSE = "choose"
    NOTHING_ASKED = "nothing-asked"
    ONLY_TEXT = "only-text"
    EDITED = "edited"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    FIRST = "first"
    NOTHING_YET = "nothing-yet"
    NOTHING_TO_DROP = "nothing-to-drop"
    ENOUGH_PERSONS = "enough-persons"
    NOT_HANDED_IN = "not-handed-in"
    WISHED = "wished"
    VOICE_STANDS = "voice-stands"
    EVIDENCE = "evidence"
    REPORT_FULL = "report-full"
    COMMENTED = "commented"
    UNCOMMENTED = "uncommented"
    COMMENT_TOO_LONG = "comment-too-long"
    NOT_PRESENTED = "not-presented"
    DEADLINE = "deadline"


@dataclass(frozen=True)
class Word:
    """A passing reply: which one, and the values its text needs."""

    say: Say
    question: str | None = None
    value: str | None = None
    number: int | None = None


class Effect(StrEnum):
    """What has to be done outside the conversation."""

    DELETE = "delete"
    DELETE_ALL = "delete-all"
    DATA = "data"
    WISH = "wish"
    ANOTHER = "another"
    COMMENT = "comment"  # what was written is the Stellungnahme on the field that was asked about
    UNCOMMENT = "uncomment"
    REMIND = "remind"
    LEAVE_ALONE = "leave-alone"


@dataclass(frozen=True)
class Turn:
    """The answer to one act: the conversation afterwards, a passing word, an effect outside."""

    conversation: Conversation
    word: Word | None = None
    effect: Effect | None = None


# ---- what is shown ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QuestionScreen:
    """A question and what has been answered so far; where it stands, the questionnaire's spots tell."""

    question: Question
    answer: str | None
    statements: tuple[str, ...]
    first: bool


@dataclass(frozen=True)
class ReferralScreen:
    """Who may know the answer to a question is asked."""

    question: Question


@dataclass(frozen=True)
class CommentScreen:
    """A Stellungnahme on a field: its text is `asked` for, or it is shown as it will be printed."""

    field: Field
    asked: bool


@dataclass(frozen=True)
class Progress:
    """How far a field is (`field` None: the open questions at the end). `referred`: passed on to another office."""

    field: Field | None
    answered: int
    skipped: int
    total: int
    referred: int = 0


@dataclass(frozen=True)
class ReviewScreen:
    """All fields with their progress; from here answers are changed and handed in."""

    progress: tuple[Progress, ...]
    handed_in: bool

    @property
    def missing(self) -> int:
        """How many questions are not settled."""
        return sum(p.total - p.answered - p.skipped - p.referred for p in self.progress)


@dataclass(frozen=True)
class FieldScreen:
    """The questions of one field (or the open ones) with the answers given."""

    field: Field | None
    entries: tuple[tuple[Question, str | None, tuple[str, ...]], ...]


@dataclass(frozen=True)
class SettingsScreen:
    """The settings."""

    each_new: bool


@dataclass(frozen=True)
class LanguageScreen:
    """The choice of language midway."""


@dataclass(frozen=True)
class PausedScreen:
    """A pause."""

    missing: int


@dataclass(frozen=True)
class DeleteScreen:
    """The question what really is to be deleted."""


@dataclass(frozen=True)
class ThanksScreen:
    """Handed in; what happens next, and whether somebody else may fill in on this telephone."""

    person: int


Screen = (
    QuestionScreen | ReferralScreen | CommentScreen | ReviewScreen | FieldScreen | SettingsScreen | LanguageScreen
    | PausedScreen | DeleteScreen | ThanksScreen
)  # fmt: skip
