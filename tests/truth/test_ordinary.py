"""Without a fault: a hedge is opened once, and everybody agrees what it is."""

from __future__ import annotations

import pytest

from bot.model.orders import OrderStatus
from tests.truth.stage import SETTINGS, Stage

pytestmark = pytest.mark.chain


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
async def test_a_hedge_is_opened_once_and_everybody_agrees(stage: Stage) -> None:
    await stage.cycle()
    await stage.calm()
    order = stage.only_order()
    assert order.status is OrderStatus.FILLED
    assert stage.held() == order.size
    assert len(stage.posted) == 1
    assert stage.comparison.differences == ()
