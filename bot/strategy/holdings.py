"""What a strategy's impact lines say about the holdings there are."""

from collections.abc import Iterable
from difflib import get_close_matches

from bot.model.portfolio import Holding
from bot.model.strategy import ImpactKey, ImpactLine, Strategy


def find_contradictions(strategy: Strategy, holdings: Iterable[Holding]) -> tuple[str, ...]:
    """Return one message for each holding that two lines of ``impact`` tell different things.

    The holding's own ``events`` tag decides before all, then a line for its symbol. Two tag lines
    contradict each other unless both are the same percentage.
    """
    found = []
    for holding in holdings:
        if strategy.event in holding.tags.events:
            continue
        matching = [line for line in strategy.impact.lines if _matches(line, holding)]
        if any(line.key is ImpactKey.SYMBOL for line in matching):
            continue
        for other in matching[1:]:
            first = matching[0]
            if first.fraction is None or first.fraction != other.fraction:
                found.append(_contradiction(strategy, holding, first, other))
                break
    return tuple(found)


def find_idle_lines(strategy: Strategy, holdings: Iterable[Holding]) -> tuple[str, ...]:
    """Return one note for each line of ``impact`` that matches no holding: often a misspelling."""
    held = tuple(holdings)
    notes = []
    for line in strategy.impact.lines:
        if any(_matches(line, holding) for holding in held):
            continue
        names = sorted({_name_under(holding, line.key) for holding in held} - {""})
        close = get_close_matches(line.name, names, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        notes.append(f"{line.source}: no holding has {line.key} {line.name}.{hint}")
    return tuple(notes)


def find_idle_tags(strategies: Iterable[Strategy], holdings: Iterable[Holding]) -> tuple[str, ...]:
    """Return one note for each event that a holding's own tag names and no strategy has."""
    events = [strategy.event for strategy in strategies]
    notes = []
    for holding in holdings:
        for name in holding.tags.events:
            if name not in events:
                close = get_close_matches(name, events, n=1)
                hint = f" Did you mean '{close[0]}'?" if close else ""
                notes.append(
                    f"{holding.source}: {holding.symbol} has its own change for {name}, and there"
                    f" is no such strategy.{hint}"
                )
    return tuple(notes)


def _contradiction(
    strategy: Strategy, holding: Holding, first: ImpactLine, other: ImpactLine
) -> str:
    return (
        f"{first.source}: impact.{first.key}.{first.name} says {_change(first)} for"
        f" {holding.symbol} ({holding.source}), but impact.{other.key}.{other.name} says"
        f" {_change(other)} ({other.source}). Write impact.symbol.{holding.symbol}, or tag the"
        f" holding with events: {{{strategy.event}: ...}}."
    )


def _change(line: ImpactLine) -> str:
    return f"{line.usd:+g} USD" if line.fraction is None else f"{line.fraction:+.2%}"


def _matches(line: ImpactLine, holding: Holding) -> bool:
    return _name_under(holding, line.key).casefold() == line.name.casefold()


def _name_under(holding: Holding, key: ImpactKey) -> str:
    if key is ImpactKey.SYMBOL:
        return holding.symbol
    return str(getattr(holding.tags, key))
