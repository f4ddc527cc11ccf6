"""`python -m bot` is `weltoffen`."""

from bot.cli import main

main()
