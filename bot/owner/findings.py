"""What a check found: one line each, with the remedy."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """Trading works, but not for long or not in full."""
    FAIL = "fail"


class Fault(StrEnum):
    """Whose fault a failure is: it decides the exit code."""

    NONE = "none"
    USER = "user"
    WORLD = "world"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor."""

    state: State
    topic: str
    """What was looked at, in one or two words."""
    text: str
    """What is so."""
    remedy: str = ""
    """What to do or to type; empty if nothing."""
    fault: Fault = Fault.NONE


def ok(topic: str, text: str) -> Finding:
    """Return that something is as it must be."""
    return Finding(state=State.OK, topic=topic, text=text)


def warn(topic: str, text: str, remedy: str) -> Finding:
    """Return that something will not stay well by itself."""
    return Finding(state=State.WARN, topic=topic, text=text, remedy=remedy)


def fail(topic: str, text: str, remedy: str) -> Finding:
    """Return that the user must do something before anything can trade."""
    return Finding(state=State.FAIL, topic=topic, text=text, remedy=remedy, fault=Fault.USER)


def unknown(topic: str, why: object) -> Finding:
    """Return that the world did not answer, so that it is not known: never taken for well."""
    return Finding(
        state=State.FAIL,
        topic=topic,
        text=f"unknown: {why}",
        remedy="ask again when it answers",
        fault=Fault.WORLD,
    )


def short(address: str) -> str:
    """Return enough of an address to tell it from others: ``0x7a41..93f0``."""
    return f"{address[:6]}..{address[-4:]}"
