"""python-telegram-bot with what its documentation offers for speed: concurrent updates, with a pool that fits them.

Answers go to SQLite through aiosqlite, one commit each, before the reply. Its documentation says of ConversationHandler
that it needs updates one after another; so here the position travels in the button and a plain CallbackQueryHandler
takes the press, which is cheaper too. httpx stays what it is: the library's own transport.

16 updates at once, because that is where it is strongest: more than its CPU can serve at 30 ms is under way then, and
with `concurrent_updates(True)`, which means 256, httpx's pool goes through all that wait at every step and each update
costs about twice the CPU (`--updates 256` shows it).
"""

from __future__ import annotations

import sys
from typing import Any

import aiosqlite
from asked import API_URL, DATABASE, INSERT, PRAGMAS, QUESTIONS, TABLE, THANKS, TOKEN
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

UPDATES = int(sys.argv[sys.argv.index("--updates") + 1]) if "--updates" in sys.argv else 16
KEYBOARDS = [
    InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in q.rows])
    for q in QUESTIONS
]


async def opened(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """The database, before the first update."""
    database = application.bot_data["database"] = await aiosqlite.connect(DATABASE)
    for sql in (*PRAGMAS, TABLE):
        await database.execute(sql)
    await database.commit()


async def closed(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """After the last one."""
    await application.bot_data["database"].close()


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """The first question."""
    assert update.message is not None
    await update.message.reply_text(QUESTIONS[0].text, reply_markup=KEYBOARDS[0])


async def answered(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Keeps an answer and shows the next question."""
    query = update.callback_query
    assert query is not None
    assert query.data is not None
    _, number, value = query.data.split(":")
    database = context.bot_data["database"]
    await database.execute(INSERT, (query.from_user.id, QUESTIONS[int(number)].id, value))
    await database.commit()
    await query.answer()
    following = int(number) + 1
    if following == len(QUESTIONS):
        await query.edit_message_text(THANKS)
    else:
        await query.edit_message_text(QUESTIONS[following].text, reply_markup=KEYBOARDS[following])


def main() -> None:
    """Runs until SIGTERM."""
    application = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{API_URL}/bot")
        .concurrent_updates(UPDATES)
        .connection_pool_size(2 * UPDATES)
        .pool_timeout(60)
        .read_timeout(60)
        .connect_timeout(60)
        .post_init(opened)
        .post_shutdown(closed)
        .build()
    )
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CallbackQueryHandler(answered, pattern="^r:"))
    application.run_polling(allowed_updates=Update.ALL_TYPES)


if __name__ == "__main__":
    main()
