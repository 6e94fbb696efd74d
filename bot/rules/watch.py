"""What triggers have in common that watch a reading: two levels, a time to last, a pause."""

from abc import abstractmethod
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.model.rule import Firing, Situation
from bot.model.text import Delay, Duration, Words
from bot.rules.rule import TriggerRule

_NEVER_LOOKED, _SETTLED = 0.0, 1.0


class WatchRule(TriggerRule):
    """Fires when a reading has passed a level and stayed beyond it, and when it has come back.

    The state is one number: its sign says where the reading stands (plus beyond, minus before),
    its size since when it is on the other side (epoch seconds), or 1 if it is not.
    """

    reading: Annotated[
        Words, Field(description="its name under portfolio.readings or portfolio.computed: VIX")
    ]
    confirm: Annotated[Delay, Field(description="how long it must have lasted: 2d")] = timedelta(0)
    cooldown: Annotated[
        Delay, Field(description="how long it is not looked at again after it fired")
    ] = timedelta(days=1)
    max_age: Annotated[Duration, Field(description="an older reading counts as none")] = timedelta(
        days=4
    )

    @abstractmethod
    def levels(self) -> tuple[float, float]:
        """Return the level that is passed upwards, and the lower one on the way back."""

    def measure(self, number: float) -> float:
        """Return what of a reading is held against the levels."""
        return number

    @model_validator(mode="after")
    def _comes_back_below(self) -> Self:
        above, until = self.levels()
        if until > above:
            raise ValueError(f"is until {until:g}, above its other level {above:g}. Swap them.")
        return self

    def pause(self) -> timedelta:
        """Return the cooldown."""
        return self.cooldown

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire on a side that is new and has lasted."""
        reading = situation.readings.get(self.reading)
        state = state or _NEVER_LOOKED
        if reading is None or situation.now - reading.as_of > self.max_age:
            return None, state
        number = self.measure(reading.number)
        above, until = self.levels()
        if state == _NEVER_LOOKED:
            return None, _SETTLED if number > above else -_SETTLED
        beyond = state > 0.0
        crossed = number < until if beyond else number > above
        if not crossed:
            return None, _SETTLED if beyond else -_SETTLED
        since = abs(state) if abs(state) > _SETTLED else situation.now.timestamp()
        if situation.now.timestamp() - since < self.confirm.total_seconds():
            return None, since if beyond else -since
        return self._fire(reading.number, beyond=beyond), -_SETTLED if beyond else _SETTLED

    def _fire(self, number: float, *, beyond: bool) -> Firing:
        above, until = self.levels()
        level = until if beyond else above
        way = "fell back to" if beyond else "passed to"
        text = f"{self.reading} {way} {number:.4g}, across {level:.4g}"
        return self.firing(text, reading=number, threshold=level, hysteresis=above - until)
