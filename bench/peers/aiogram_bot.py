"""aiogram 3 as its documentation writes a form: states, CallbackData, FSM storage, start_polling on uvloop.

MemoryStorage, as in its examples: of the storages that come with aiogram only those on Redis and MongoDB survive a
restart, and each of them costs a round trip to another server for every get and set. So this is its fastest form; the
answers themselves go to SQLite through aiosqlite, one commit each, before the reply. `run_polling` takes uvloop where
it is installed, as its documentation recommends ("aiogram[fast]").
"""

from __future__ import annotations

from typing import Any

import aiosqlite
from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.filters.callback_data import CallbackData
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from asked import API_URL, DATABASE, INSERT, PRAGMAS, QUESTIONS, TABLE, THANKS, TOKEN, Asked

router = Router()


class Rating(CallbackData, prefix="r"):
    """What a rating button carries."""

    number: int
    value: str


class Survey(StatesGroup):
    """Where somebody stands."""

    asked = State()


def keyboard(question: Asked) -> InlineKeyboardMarkup:
    """The buttons under a question."""
    rows = [[InlineKeyboardButton(text=label, callback_data=data) for label, data in row] for row in question.rows]
    return InlineKeyboardMarkup(inline_keyboard=rows)


KEYBOARDS = [keyboard(q) for q in QUESTIONS]


@router.message(CommandStart())
async def start(message: Message, state: FSMContext) -> None:
    """The first question."""
    await state.set_state(Survey.asked)
    await message.answer(QUESTIONS[0].text, reply_markup=KEYBOARDS[0])


@router.callback_query(Survey.asked, Rating.filter())
async def answered(
    query: CallbackQuery, callback_data: Rating, state: FSMContext, database: aiosqlite.Connection
) -> None:
    """Keeps an answer and shows the next question."""
    number, question = callback_data.number, QUESTIONS[callback_data.number]
    await state.update_data({question.id: callback_data.value})
    await database.execute(INSERT, (query.from_user.id, question.id, callback_data.value))
    await database.commit()
    await query.answer()
    assert isinstance(query.message, Message)
    if number + 1 == len(QUESTIONS):
        await state.clear()
        await query.message.edit_text(THANKS)
    else:
        await query.message.edit_text(QUESTIONS[number + 1].text, reply_markup=KEYBOARDS[number + 1])


async def opened(dispatcher: Dispatcher, **_: Any) -> None:
    """The database, before the first update."""
    database = await aiosqlite.connect(DATABASE)
    for sql in (*PRAGMAS, TABLE):
        await database.execute(sql)
    await database.commit()
    dispatcher["database"] = database


async def closed(dispatcher: Dispatcher, **_: Any) -> None:
    """After the last one."""
    await dispatcher["database"].close()


def main() -> None:
    """Runs until SIGTERM."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(API_URL))
    dispatcher = Dispatcher(storage=MemoryStorage())
    dispatcher.include_router(router)
    dispatcher.startup.register(opened)
    dispatcher.shutdown.register(closed)
    dispatcher.run_polling(Bot(TOKEN, session=session))


if __name__ == "__main__":
    main()
