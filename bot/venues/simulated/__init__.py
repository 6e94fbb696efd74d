"""The one fill engine behind the ``Venue`` protocol: paper and replay trade here, with no money."""

from bot.venues.simulated.venue import SimulatedVenue
from bot.venues.simulated.wallet import SimulatedStart

__all__ = ["SimulatedStart", "SimulatedVenue"]
