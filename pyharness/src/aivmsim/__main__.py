"""``python -m aivmsim``: the command line."""

from .command_line import main

main()
