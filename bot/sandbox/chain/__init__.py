"""A Polygon of our own: a real EVM node with contracts at the production addresses."""

from bot.sandbox.chain.local import LocalChain
from bot.sandbox.chain.markets import LocalMarkets
from bot.sandbox.chain.orders import ChainOrder

__all__ = ["ChainOrder", "LocalChain", "LocalMarkets"]
