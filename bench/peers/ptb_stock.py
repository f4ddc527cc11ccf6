"""python-telegram-bot as its documentation writes a bot that remembers: ConversationHandler and PicklePersistence.

After its examples persistentconversationbot.py and inlinekeyboard2.py: one state per question, answers in user_data,
run_polling. sniffio is installed beside it, without which its HTTP client looks for it in vain at every call. What its
examples do not do either: build the keyboards anew at every press, log at INFO. Its documentation names no other event
loop, so it runs on asyncio's.

Durable only by the minute: it acknowledges updates before they are handled and writes the pickle every 60 seconds and
at an orderly end. A window that is shorter leaves that cost out, in its favour.
"""

from __future__ import annotations

from asked import API_URL, DATABASE, QUESTIONS, THANKS, TOKEN
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    PicklePersistence,
)

KEYBOARDS = [
    InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in q.rows])
    for q in QUESTIONS
]


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """The first question."""
    assert update.message is not None
    await update.message.reply_text(QUESTIONS[0].text, reply_markup=KEYBOARDS[0])
    return 0


async def answered(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """Keeps an answer and shows the next question."""
    query = update.callback_query
    assert query is not None
    assert query.data is not None
    assert context.user_data is not None
    await query.answer()
    _, number, value = query.data.split(":")
    context.user_data[QUESTIONS[int(number)].id] = value
    following = int(number) + 1
    if following == len(QUESTIONS):
        await query.edit_message_text(THANKS)
        return ConversationHandler.END
    await query.edit_message_text(QUESTIONS[following].text, reply_markup=KEYBOARDS[following])
    return following


def main() -> None:
    """Runs until SIGTERM."""
    persistence = PicklePersistence(filepath=DATABASE)
    application = (
        Application.builder().token(TOKEN).base_url(f"{API_URL}/bot").persistence(persistence).build()
    )  # fmt: skip
    states = {n: [CallbackQueryHandler(answered, pattern=f"^r:{n}:")] for n in range(len(QUESTIONS))}
    application.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("start", start)],
            states=states,  # type: ignore[arg-type]
            fallbacks=[CommandHandler("start", start)],
            name="survey",
            persistent=True,
        )
    )
    application.run_polling(allowed_updates=Update.ALL_TYPES)


if __name__ == "__main__":
    main()
