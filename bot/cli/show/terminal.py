"""The console that commands print on."""

import sys

from rich.console import Console

_PLAIN_WIDTH = 100
"""Columns where there is no terminal to ask: a pipe, a file, a test."""


def make_console() -> Console:
    """Return a console on stdout that colours nothing by guessing."""
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(highlight=False, width=width)
