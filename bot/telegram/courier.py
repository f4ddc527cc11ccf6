"""Shows things after they are kept: reconciles screens, says words, clears chats; at its own pace and retries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.identity import Key
from bot.telegram.calls import BadRequest, CallError, Calls, Forbidden, RetryAfter, TimedOut, keyboard
from bot.telegram.letters import Pacer
from bot.telegram.noted import Noted
from bot.telegram.outcome import Due, Forgotten, Outcome, Passing
from conversations.store import Store

log = logging.getLogger("weltoffen.courier")

LONGEST = 30.0  # seconds between two tries at most
TRIES = 4  # of a passing word
WORDS = 50  # passing words a chat may have waiting
ROOM = 512  # pieces of work under way at which no more updates are fetched: what waits at Telegram takes no room here
TIDY = 1000  # chats in memory at which those idle for long are forgotten
REMEMBERED = 5.0  # seconds for which a chat's screen is known without asking the store


@dataclass(slots=True)
class _Screen:
    """What one respondent's chat shows, and what it should show."""

    message: int | None
    old: int | None
    shown: int
    wish: int
    due: Due | None = None


@dataclass(slots=True)
class _Chat:
    """One chat's work: words and farewells in order, then the screens."""

    words: list[Passing | Forgotten] = field(default_factory=list)  # few: a deque would take ten times the room
    screens: dict[str, _Screen] = field(default_factory=dict)
    sent: list[tuple[str, int]] = field(default_factory=list)  # to whom which message, lately
    not_before: float = 0.0
    idle_since: float = 0.0
    task: asyncio.Task[None] | None = None

    def busy(self) -> bool:
        return bool(self.words) or any(s.due is not None for s in self.screens.values())


class Courier:
    """Brings chats up to date. Everything it does may be done again: a crash repeats at most one message."""

    def __init__(self, calls: Calls, store: Store, key: Key, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self.calls, self.store, self.key, self.clock = calls, store, key, clock
        self._chats: dict[int, _Chat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.noted = Noted(store, clock)
        self.pacer = Pacer(clock)
        self._farewells: set[str] = set()  # deletions that are being confirmed
        self._tidy_at = TIDY
        self._working = 0  # pieces of work under way, without those that wait because Telegram wants them to
        self._room = asyncio.Event()
        self._room.set()
        self._closing = False
        self.counts = {"sent": 0, "edited": 0, "blocked": 0}

    # ---- what comes in ----------------------------------------------------------------------------------------

    def take(self, outcome: Outcome) -> None:
        """Takes what is to be said and shown after a batch; what people wait for, the next question, goes first.

        Deletions come before: what else there is for their chats came after them, also in the same batch.
        """
        for gone in outcome.forgotten:
            self.say_farewell(gone)
        for word in outcome.passing:
            if word.callback is None:
                self.say(word)
        for due in outcome.due:
            self.show(due)
        for word in outcome.passing:
            if word.callback is not None:
                self.answer(word)

    def say(self, word: Passing) -> None:
        """Takes a passing message; of too many in one chat the oldest are not said any more."""
        words = self._chat(word.chat).words
        words.append(word)
        if len(words) > WORDS and isinstance(words[0], Passing):
            del words[0]
        self._wake(word.chat)

    def answer(self, word: Passing) -> None:
        """Takes the answer to a press."""
        self._begin(self._answer(word))

    async def room(self) -> None:
        """Waits while so much is under way that more would only wait here instead of at Telegram."""
        await self._room.wait()

    def say_farewell(self, gone: Forgotten) -> None:
        """Takes a deletion: whatever else was to be said or shown to these respondents is not said any more."""
        if gone.id in self._farewells or gone.id in self.noted.farewells:
            return
        self._farewells.add(gone.id)
        chat = self._chat(gone.chat)
        chat.words = [word for word in chat.words if isinstance(word, Forgotten)]
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
            screen = chat.screens[due.respondent] = _Screen(due.known.message, due.known.old, due.known.shown, 0)
        newest = max(screen.shown, screen.due.version if screen.due else 0)
        if due.version < newest:
            return
        if due.bottom and screen.message is not None:
            screen.old, screen.message = screen.message, None
        screen.due, screen.wish = due, max(screen.wish, due.known.wish)
        self._wake(due.chat)

    def _chat(self, chat: int) -> _Chat:
        if chat not in self._chats and len(self._chats) >= self._tidy_at:
            old = self.clock() - REMEMBERED
            self._chats = {
                c: s for c, s in self._chats.items()
                if s.task or s.busy() or s.idle_since >= old or self.noted.waits_for(s.screens)
            }  # fmt: skip
            self._tidy_at = max(TIDY, 2 * len(self._chats))
        return self._chats.setdefault(chat, _Chat())

    def _wake(self, chat: int) -> None:
        state = self._chats[chat]
        if state.task is None and not self._closing:
            state.task = self._begin(self._work(chat, state))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        self._count(1)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._count(-1)

    def _count(self, change: int) -> None:
        self._working += change
        if self._working < ROOM:
            self._room.set()
        else:
            self._room.clear()

    async def _rest(self, seconds: float) -> None:
        """Waits without standing in the way of others."""
        self._count(-1)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._count(1)

    # ---- one chat ---------------------------------------------------------------------------------------------

    async def _work(self, chat: int, state: _Chat) -> None:
        """Until nothing is left to do in this chat."""
        try:
            while state.busy():
                if state.words:
                    word = state.words.pop(0)
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
                    wish = screen.wish
                    message = await self._send(due, quiet=due.quiet)
                    if screen.due is not None and screen.due.view == due.view:
                        wish, due = screen.wish, screen.due  # what was wished for meanwhile looks the same
                    state.sent = [*state.sent[1 - WORDS :], (respondent, message)]
                    self.noted.new_screen(respondent, message, due.version, wish)
                    if wish != screen.wish:  # meanwhile another one was wished for, below what was written since
                        screen.old = message
                        continue
                    screen.message, screen.shown = message, due.version
                else:
                    message = screen.message
                    await self._edit(due, message)
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
                    log.error("a screen was refused: %s", error)
                    screen.due = None
                    return
                screen.message = None  # too old or deleted: send anew
            except CallError as error:
                log.warning("a screen is tried again (%s)", type(error).__name__)
                await self._rest(delay)
                delay = min(delay * 2, LONGEST)
        await self._strip(chat, respondent, screen)
        if screen.due is due:
            screen.due = None

    async def _send(self, what: Due | Passing, *, quiet: bool = False) -> int:
        """Sends a new message; gives its number."""
        assert what.view is not None  # noqa: S101 - only answers to presses come without
        sent = await self.calls.call(
            "sendMessage", chat_id=what.chat, text=what.view.text, reply_markup=keyboard(what.view),
            disable_notification=quiet or None,
        )  # fmt: skip
        self.counts["sent"] += 1
        return int(sent["message_id"])

    async def _edit(self, what: Due | Passing, message: int) -> None:
        assert what.view is not None  # noqa: S101 - only answers to presses come without
        await self.calls.call(
            "editMessageText", chat_id=what.chat, message_id=message, text=what.view.text,
            reply_markup=keyboard(what.view),
        )  # fmt: skip
        self.counts["edited"] += 1

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
            await self.calls.call("editMessageReplyMarkup", chat_id=chat, message_id=old)
        except CallError as error:
            log.debug("old buttons stay (%s)", type(error).__name__)
        if screen.message is not None:
            self.noted.edited[respondent] = (screen.shown, screen.message)  # by this the old one is forgotten too

    async def _word(self, word: Passing, state: _Chat) -> None:
        """A passing message: said once, and once more where it probably did not arrive."""
        for attempt in range(TRIES):
            await self._patience(state)
            try:
                if word.edit is not None:
                    await self._edit(word, word.edit)
                else:
                    message = await self._send(word)
                    if word.owner is not None:
                        state.sent = [*state.sent[1 - WORDS :], (word.owner, message)]
                        self.noted.message(word.owner, message)
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
                await self._rest(0.5 * 2**attempt)
            except CallError:
                if attempt and word.edit is None:
                    return  # once more is enough: it may have arrived both times
                await self._rest(0.5 * 2**attempt)

    async def _answer(self, word: Passing) -> None:
        """The answer to a press; a query that is too old is normal."""
        try:
            await self.calls.call(
                "answerCallbackQuery", callback_query_id=word.callback, text=word.view.text if word.view else None,
                show_alert=word.view.alert if word.view else None,
            )  # fmt: skip
        except CallError as error:
            log.debug("a press could not be answered (%s)", type(error).__name__)

    async def _farewell(self, gone: Forgotten, state: _Chat) -> None:
        """After a deletion: the chat's messages go; when no byte is left in the database, it is confirmed.

        What was on its way while the deletion was kept is in no list of the store: nobody was there any more to keep it
        for.
        """
        late = [message for owner, message in (*state.sent, *self.noted.messages) if owner in gone.respondents]
        messages = list(dict.fromkeys([*gone.messages, *late]))
        for i in range(0, len(messages), 100):
            await self._remove(gone.chat, messages[i : i + 100])
        while not await self.store.forget():
            log.warning("a deletion waits to be confirmed: another process holds the database, or the disk is full")
            await self._rest(5)
        await self._confirmed(gone, state)
        self.noted.farewell(gone.id)
        self._farewells.discard(gone.id)

    async def _confirmed(self, gone: Forgotten, state: _Chat) -> None:
        """Says that all is deleted until it has arrived; where that is in doubt, once more."""
        delay, doubtful = 0.5, False
        while True:
            await self._patience(state)
            try:
                await self._send(Passing(gone.chat, gone.word))
                return
            except RetryAfter as error:
                self._hold(state, None, error)
            except (Forbidden, BadRequest):
                return
            except CallError as error:
                if doubtful and isinstance(error, TimedOut):
                    return
                doubtful = isinstance(error, TimedOut)
                await self._rest(delay)
                delay = min(delay * 2, LONGEST)

    async def _remove(self, chat: int, messages: Sequence[int]) -> None:
        """Deletes messages of a chat; where one is too old, Telegram refuses all, and each is tried alone."""
        for attempt in range(TRIES):
            try:
                await self.calls.call("deleteMessages", chat_id=chat, message_ids=list(messages))
                return
            except BadRequest:
                if len(messages) > 1:
                    for message in messages:
                        await self._remove(chat, [message])
                return
            except RetryAfter as error:
                await self._rest(error.seconds)
            except Forbidden:
                return
            except CallError:
                await self._rest(0.5 * 2**attempt)

    async def _patience(self, state: _Chat) -> None:
        """Waits while Telegram wants this chat left in peace."""
        if (wait := state.not_before - self.clock()) > 0:
            await self._rest(wait)

    def _hold(self, state: _Chat, owner: str | None, error: RetryAfter) -> None:
        state.not_before = self.clock() + error.seconds
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
