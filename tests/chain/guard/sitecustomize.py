"""Writes down each address that this process connects to: found by PYTHONPATH at its start."""

import os
import sys


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        with open(os.environ["CONNECTED_TO"], "a", encoding="utf-8") as file:
            file.write(f"{arguments[1]!r}\n")


sys.addaudithook(_note)
