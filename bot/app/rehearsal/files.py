"""What a rehearsal's owner writes: a config for live mode, and three strategies."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bot.model.units import EventId
from bot.venues.polymarket.settings import Endpoints

FED, RECESSION, SHUTDOWN = EventId("fed-hike"), EventId("recession"), EventId("shutdown")
SERIES, MEETING = "fed-decision", "25 bps increase"
_MARKETS: Mapping[EventId, str] = MappingProxyType(
    {
        FED: f'{{series: {SERIES}, outcome: "{MEETING}"}}',
        RECESSION: "{slug: recession}",
        SHUTDOWN: "{slug: shutdown}",
    }
)

_CONFIG = """\
# Live mode, pointed at this machine: every address below is local.
mode: live
market_data: polymarket
ledger: ledger.db
strategies: strategies
portfolio:
  holdings:
    - {{symbol: QQQ, value: 6000, asset_class: equity, sector: technology}}
premium_budget: 400usd
max_total: 400usd
max_quote_age: 30s
check_every: 2s
log_format: json
wallet: {{address: '{wallet}', keystore: {keystore}}}
live: {{max_total_usd: 300, max_premium_per_day_usd: 300, confirmations: 1}}
polymarket:
  gamma_url: {gamma}
  clob_url: {clob}
  data_url: {data}
  relayer_url: {relayer}
  rpc_url: {rpc}
  geoblock_url: {geoblock}
  market_ws_url: {market_stream}
  user_ws_url: {user_stream}
  request_timeout: 5s
  poll: 1s
"""

_STRATEGY = """\
strategy: {name}
event:
  market: {market}
  adverse: "Yes"
  horizon: 400d
impact:
  sector: {{technology: -10%}}
sizing: {{rule: coverage, target: 30%}}
triggers:
  - probability: {{changes_by: 6%}}
costs: {{min_benefit_to_cost: 0.1, max_spread: 4c, max_share_of_depth: 90%}}
limits: {{max_premium_usd: 150, max_order_usd: 100}}
roll: {{before_end: 7d, series_of: deadlines}}
close: {{when_probability_below: 8%}}
"""


def write_files(folder: Path, endpoints: Endpoints, *, wallet: str, keystore: str) -> Path:
    """Write config and strategies as an owner would; return the config.

    Args:
        folder: Theirs.
        endpoints: Of the local venue.
        wallet: The address that holds the money.
        keystore: Name of the trading key's file in ``folder``.
    """
    config = folder / "config.yaml"
    addresses = {name: getattr(endpoints, name) for name in Endpoints.__slots__}
    config.write_text(
        _CONFIG.format(wallet=wallet, keystore=keystore, **addresses), encoding="utf-8"
    )
    (folder / "strategies").mkdir(exist_ok=True)
    for event, market in _MARKETS.items():
        text = _STRATEGY.format(name=event, market=market)
        (folder / "strategies" / f"{event}.yaml").write_text(text, encoding="utf-8")
    return config
