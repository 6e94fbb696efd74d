"""Signal: how often it happened in cases like this one."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.core.hazard import share_of
from bot.model.signal import Estimate, Get, Outlook, Raw
from bot.model.text import Whole
from bot.rules.rule import SignalRule


class BaseRate(SignalRule):
    """Says how often the adverse outcome came about in past cases of the same kind.

    ``(happened + 0.5) / (of + 1)``: what never happened is rare, not impossible. For what may
    come on any day until a deadline use ``hazard``.
    """

    happened: Annotated[Whole, Field(description="in how many cases the adverse outcome came: 3")]
    of: Annotated[Whole, Field(description="how many cases there were: 40")]

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if not 0 < self.of >= self.happened:
            raise ValueError(f"has {self.happened} of {self.of} cases. Write of: at least as many.")
        return self

    async def fetch(self, get: Get) -> Raw:  # noqa: ARG002 - the protocol's
        """Need nothing."""
        return ()

    def estimate(self, raw: Raw, outlook: Outlook) -> Estimate:  # noqa: ARG002 - the protocol's
        """Return the share of past cases."""
        note = f"{self.happened} of {self.of} past cases"
        probability = share_of(self.happened, self.of)
        return self.said(probability, as_of=outlook.now, source="past cases", note=note)
