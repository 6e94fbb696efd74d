"""What a put costs by Black and Scholes: an estimate where no option is quoted to us."""

import math

from bot.core.threshold import normal_cdf


def put_price(*, spot: float, strike: float, sigma: float, years: float, rate: float) -> float:
    """Return the price of a European put, in the unit of ``spot``.

    Args:
        spot: Present price, above 0.
        strike: Price it may be sold at, above 0.
        sigma: Volatility a year, above 0.
        years: To its end, above 0.
        rate: Of interest a year, continuous.

    **Source:** Black and Scholes (1973).
    """
    spread = sigma * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + sigma * sigma / 2.0) * years) / spread
    paid = strike * math.exp(-rate * years)
    return paid * normal_cdf(spread - d1) - spot * normal_cdf(-d1)


def put_spread_price(*, spot: float, fall: float, sigma: float, years: float, rate: float) -> float:
    """Return the price of a put at 1 less that of a put a ``fall`` below, per unit of 1.

    Args:
        spot: Present price; 1 is at the money.
        fall: What it pays at most, strictly between 0 and 1.
        sigma: As in ``put_price``, and so the rest.
        years: See there.
        rate: See there.
    """
    upper, lower = (
        put_price(spot=spot, strike=strike, sigma=sigma, years=years, rate=rate)
        for strike in (1.0, 1.0 - fall)
    )
    return upper - lower
