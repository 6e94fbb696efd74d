"""Turns the signals that ask a program to end into an event that it looks at."""

import asyncio
import signal
from contextlib import suppress


def stop_on_signals(told: asyncio.Event) -> None:
    """Set ``told`` when the process is asked to end: SIGTERM, Ctrl-C, a closed terminal.

    Under nohup a closed terminal asks nothing.
    """
    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    loop = asyncio.get_running_loop()
    # Python delivers signals to the main thread only: whoever runs this in another one stops it by
    # the event itself.
    with suppress(RuntimeError):
        for number in numbers:
            loop.add_signal_handler(number, told.set)
