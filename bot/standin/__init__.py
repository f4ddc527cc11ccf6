"""A stand-in of Telegram's Bot API on this machine: people by HTTP or chat page, the bot on the other side."""
