"""Shows things after they are kept: reconciles screens, says words, clears chats; at its own pace and retries."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.identity import Key
from bot.telegram.letters import Pacer, seconds
from bot.telegram.noted import Noted
from bot.telegram.outcome import Due, Forgotten, Outcome, Passing
from bot.view import View
from conversations.store import Store, post

log = logging.getLogger("weltoffen.courier")

LONGEST = 30.0  # seconds between two tries at most
TRIES = 4  # of a passing word
WORDS = 50  # passing words a chat may have waiting
TIDY = 1000  # chats in memory at which those idle for long are forgotten
REMEMBERED = 60.0  # seconds for which a chat's screen is known without asking the store


def keyboard(view: View) -> InlineKeyboardMarkup | None:
    """The buttons of a view in Telegram's form."""
    if not view.rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data) for b in row] for row in view.rows]
    )


@dataclass
class _Screen:
    """What one respondent's chat shows, and what it should show."""

    message: int | None
    old: int | None
    shown: int
    due: Due | None = None


@dataclass
class _Chat:
    """One chat's work: words and farewells in order, then the screens."""

    words: deque[Passing | Forgotten] = field(default_factory=lambda: deque(maxlen=WORDS))
    screens: dict[str, _Screen] = field(default_factory=dict)
    not_before: float = 0.0
    idle_since: float = 0.0
    task: asyncio.Task[None] | None = None

    def busy(self) -> bool:
        return bool(self.words) or any(s.due is not None for s in self.screens.values())


class Courier:
    """Brings chats up to date. Everything it does may be done again: a crash repeats at most one message."""

    def __init__(self, bot: Bot, store: Store, key: Key, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self.bot, self.store, self.key, self.clock = bot, store, key, clock
        self._chats: dict[int, _Chat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.noted = Noted(store, clock)
        self.pacer = Pacer(clock)
        self._tidy_at = TIDY
        self._closing = False
        self.counts = {"sent": 0, "edited": 0, "blocked": 0}

    # ---- what comes in ----------------------------------------------------------------------------------------

    def take(self, outcome: Outcome) -> None:
        """Takes what is to be said and shown after a batch; what people wait for, the next question, goes first."""
        for word in outcome.passing:
            if word.callback is None:
                self._chat(word.chat).words.append(word)
                self._wake(word.chat)
        for due in outcome.due:
            self.show(due)
        for word in outcome.passing:
            if word.callback is not None:
                self._spawn(self._answer(word))
        for gone in outcome.forgotten:
            self.say_farewell(gone)

    def say_farewell(self, gone: Forgotten) -> None:
        """Takes a deletion: whatever else was to be said or shown to these respondents is not said any more."""
        chat = self._chat(gone.chat)
        chat.words.clear()
        for respondent in gone.respondents:
            if (screen := chat.screens.pop(respondent, None)) is not None:
                screen.due = None
        chat.words.append(gone)
        self._wake(gone.chat)

    def show(self, due: Due) -> None:
        """Makes a chat show the newest view; older wishes for the same screen are forgotten."""
        chat = self._chat(due.chat)
        chat.not_before = max(chat.not_before, due.not_before)
        screen = chat.screens.get(due.respondent)
        if screen is None:
            screen = chat.screens[due.respondent] = _Screen(due.known.message, due.known.old, due.known.shown)
        newest = max(screen.shown, screen.due.version if screen.due else 0)
        if due.version < newest:
            return
        if due.bottom and screen.message is not None:
            screen.old, screen.message = screen.message, None
        screen.due = due
        self._wake(due.chat)

    def shown(self) -> list[tuple[int, int, str]]:
        """What was shown by editing since the last batch: (version, message, respondent)."""
        return self.noted.edits()

    def _chat(self, chat: int) -> _Chat:
        if chat not in self._chats and len(self._chats) >= self._tidy_at:
            old = self.clock() - REMEMBERED
            self._chats = {c: s for c, s in self._chats.items() if s.task or s.busy() or s.idle_since >= old}
            self._tidy_at = max(TIDY, 2 * len(self._chats))
        return self._chats.setdefault(chat, _Chat())

    def _wake(self, chat: int) -> None:
        state = self._chats[chat]
        if state.task is None and not self._closing:
            state.task = asyncio.create_task(self._work(chat, state))
            self._tasks.add(state.task)
            state.task.add_done_callback(self._tasks.discard)

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- one chat ---------------------------------------------------------------------------------------------

    async def _work(self, chat: int, state: _Chat) -> None:
        """Until nothing is left to do in this chat."""
        try:
            while state.busy():
                if state.words:
                    word = state.words.popleft()
                    await (self._farewell(word, state) if isinstance(word, Forgotten) else self._word(word, state))
                    continue
                respondent, screen = next((r, s) for r, s in state.screens.items() if s.due is not None)
                await self._screen(chat, state, respondent, screen)
        except Exception:
            log.exception("a chat could not be served")
            state.words.clear()
            for screen in state.screens.values():
                screen.due = None
        state.task = None  # not after a cancellation: then the process ends, and nothing is to begin anew
        state.idle_since = self.clock()
        if state.busy():
            self._wake(chat)

    async def _screen(self, chat: int, state: _Chat, respondent: str, screen: _Screen) -> None:
        """One step towards showing what is due. What becomes due meanwhile replaces it."""
        due = screen.due
        if due is None or (screen.message is not None and screen.shown >= due.version):
            screen.due = None
            await self._strip(chat, respondent, screen)
            return
        delay = 0.5
        while True:
            await self._patience(state)
            if (due := screen.due) is None:
                return  # deleted meanwhile
            try:
                if screen.message is None:
                    sent = await self.bot.send_message(
                        chat, due.view.text, reply_markup=keyboard(due.view), disable_notification=due.quiet or None
                    )
                    self.counts["sent"] += 1
                    screen.message, screen.shown = sent.message_id, due.version
                    self.noted.new_screen(respondent, sent.message_id, due.version)
                else:
                    message = screen.message
                    await self.bot.edit_message_text(due.view.text, chat, message, reply_markup=keyboard(due.view))
                    self.counts["edited"] += 1
                    self._edit_done(respondent, screen, message, due.version)
                break
            except RetryAfter as error:
                self._hold(state, respondent, error)
            except Forbidden:
                self._block(respondent, state)
                return
            except BadRequest as error:
                if "not modified" in str(error) and screen.message is not None:
                    self._edit_done(respondent, screen, screen.message, due.version)
                    break
                if screen.message is None:
                    log.error("a screen was refused: %s", error.message)
                    screen.due = None
                    return
                screen.message = None  # too old or deleted: send anew
            except (NetworkError, TelegramError) as error:
                log.warning("a screen is tried again (%s)", type(error).__name__)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST)
        await self._strip(chat, respondent, screen)
        if screen.due is due:
            screen.due = None

    def _edit_done(self, respondent: str, screen: _Screen, message: int, version: int) -> None:
        if screen.message == message:
            screen.shown = max(screen.shown, version)
            self.noted.edited[respondent] = (version, message)

    async def _strip(self, chat: int, respondent: str, screen: _Screen) -> None:
        """Removes the buttons of the message that showed the screen before; of no consequence if it fails."""
        old, screen.old = screen.old, None  # at once: while this one goes, another may become old
        if old is None:
            return
        try:
            await self.bot.edit_message_reply_markup(chat, old, reply_markup=None)
        except TelegramError as error:
            log.debug("old buttons stay (%s)", type(error).__name__)
        if screen.message is not None:
            self.noted.edited[respondent] = (
                screen.shown,
                screen.message,
            )  # with that the store knows of no old one either

    async def _word(self, word: Passing, state: _Chat) -> None:
        """A passing message: said once, and once more where it probably did not arrive."""
        assert word.view is not None  # noqa: S101 - only answers to presses come without
        for attempt in range(TRIES):
            await self._patience(state)
            try:
                if word.edit is not None:
                    await self.bot.edit_message_text(
                        word.view.text, word.chat, word.edit, reply_markup=keyboard(word.view)
                    )
                    self.counts["edited"] += 1
                else:
                    sent = await self.bot.send_message(word.chat, word.view.text, reply_markup=keyboard(word.view))
                    self.counts["sent"] += 1
                    if word.owner is not None:
                        self.noted.message(word.owner, sent.message_id)
                return
            except RetryAfter as error:
                self._hold(state, word.owner, error)
            except BadRequest as error:
                if word.edit is None or "not modified" in str(error):
                    return
                word = Passing(word.chat, word.view, owner=word.owner)  # the message is gone: say it anew
            except Forbidden:
                if word.owner is not None:
                    self._block(word.owner, state)
                return
            except TimedOut:
                if word.edit is None:
                    return  # it may have arrived
                await asyncio.sleep(0.5 * 2**attempt)
            except TelegramError:
                if attempt and word.edit is None:
                    return  # once more is enough: it may have arrived both times
                await asyncio.sleep(0.5 * 2**attempt)

    async def _answer(self, word: Passing) -> None:
        """The answer to a press; a query that is too old is normal."""
        try:
            await self.bot.answer_callback_query(
                word.callback or "", word.view.text if word.view else None, word.view.alert if word.view else None
            )
        except TelegramError as error:
            log.debug("a press could not be answered (%s)", type(error).__name__)

    async def _farewell(self, gone: Forgotten, state: _Chat) -> None:
        """After a deletion: the chat's messages go; when no byte is left in the database, it is confirmed."""
        messages = list(dict.fromkeys([*gone.messages, *self.noted.messages_of(gone.respondents)]))
        for i in range(0, len(messages), 100):
            await self._remove(gone.chat, messages[i : i + 100])
        while not await self.store.forget():
            log.warning("a deletion waits to be confirmed: the database is held by another process")
            await asyncio.sleep(5)
        await self._word(Passing(gone.chat, gone.word), state)
        await self.store.write(lambda tx: post.drop_farewells(tx, [gone.id]))

    async def _remove(self, chat: int, messages: Sequence[int]) -> None:
        """Deletes messages of a chat; where one is too old, Telegram refuses all, and each is tried alone."""
        for attempt in range(TRIES):
            try:
                await self.bot.delete_messages(chat, messages)
                return
            except BadRequest:
                if len(messages) > 1:
                    for message in messages:
                        await self._remove(chat, [message])
                return
            except RetryAfter as error:
                await asyncio.sleep(seconds(error))
            except Forbidden:
                return
            except TelegramError:
                await asyncio.sleep(0.5 * 2**attempt)

    async def _patience(self, state: _Chat) -> None:
        """Waits while Telegram wants this chat left in peace."""
        if (wait := state.not_before - self.clock()) > 0:
            await asyncio.sleep(wait)

    def _hold(self, state: _Chat, owner: str | None, error: RetryAfter) -> None:
        state.not_before = self.clock() + seconds(error)
        if owner is not None:
            self.noted.hold(owner, state.not_before)

    def _block(self, owner: str, state: _Chat) -> None:
        """Parks a chat whose person has blocked the bot."""
        self.counts["blocked"] += 1
        self.noted.block(owner)
        state.words.clear()
        for screen in state.screens.values():
            screen.due = None

    async def close(self, patience: float) -> None:
        """Lets what is under way end within `patience` seconds, then notes what was shown."""
        self._closing = True
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while self._tasks and (rest := end - loop.time()) > 0:  # what ends may begin something
            await asyncio.wait(self._tasks, timeout=rest)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.noted.close()
