"""`python -m bot` from a checkout is the same as the installed `danmod`."""

from bot.cli import main

main()
