"""What a sweep found: the variants, what choosing by the past brought, and how far it is luck."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bot.cli.show.tables import make_table
from bot.report.choice import Choice
from bot.report.words import UNKNOWN, percent

_SHOWN = 20


def render_choice(choice: Choice, *, gamma: float, width: int) -> Iterator[RenderableType]:
    """Yield the best variants, the steps forward, then what must be known to judge them."""
    shown, count = choice.scores[:_SHOWN], len(choice.scores)
    yield make_table(
        ("variant", "against none", "drawdown cut", "bull drag", "premium", "brought"),
        [
            (
                score.name,
                _basis_points(score.certainty_equivalent),
                _share(score.drawdown_reduction),
                _share(score.bull_drag),
                f"{score.premium_usd:,.0f} USD",
                f"{score.brought_usd:,.0f} USD",
            )
            for score in shown
        ],
        width=width,
        flexible="variant",
    )
    if count > len(shown):
        yield Text(f"... and {count - len(shown)} more, all of them worse", "dim")
    yield ""
    if choice.folds:
        yield make_table(
            ("learned until", "judged on", "there", "after", "chosen"),
            [
                (
                    f"{fold.learned_until}",
                    f"{fold.judged_from} to {fold.judged_until}",
                    _basis_points(fold.before),
                    _basis_points(fold.after),
                    fold.chosen,
                )
                for fold in choice.folds
            ],
            width=width,
            flexible="chosen",
            left=("judged on",),
        )
        yield ""
    yield _luck(choice, count)
    yield (
        f"Against none: certainty equivalent a year at risk aversion {gamma:g}, less that of not"
        " hedging, in basis points of wealth."
    )


def _luck(choice: Choice, count: int) -> str:
    tried = "1 variant was" if count == 1 else f"{count:,} variants were"
    if choice.deflated_sharpe is None:
        return f"{tried} tried; too few days to say how far the best of them is luck."
    return (
        f"{tried} tried. The chance that the best one's hedged Sharpe ratio is more than the luck"
        f" of that many is {percent(choice.deflated_sharpe, 1)}; most of a Sharpe ratio is the"
        " portfolio's own, so this says little of the hedges."
    )


def _basis_points(share: float) -> str:
    return f"{share * 1e4:+,.2f} bp"


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else percent(share)
