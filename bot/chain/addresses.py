"""Where the venue's contracts stand on Polygon."""

from dataclasses import dataclass

CHAIN_ID = 137


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """Checksummed addresses."""

    collateral: str
    """pUSD, 6 decimals."""
    usdce: str
    usdc: str
    """Circle's own USDC; the ramps take both."""
    onramp: str
    offramp: str
    conditional_tokens: str
    """ERC-1155 of CTF markets."""
    wrapped_collateral: str
    """What the outcome tokens of neg-risk CTF markets are made of."""
    neg_risk_adapter: str
    """Oracle of neg-risk CTF markets."""
    exchange: str
    neg_risk_exchange: str
    exchange_v3: str
    collateral_adapter: str
    """Splits, merges and redeems CTF markets against pUSD."""
    neg_risk_collateral_adapter: str
    """The same for neg-risk CTF markets."""
    position_manager: str
    """ERC-1155 of Protocol V2 markets."""
    router: str
    """Splits, merges and redeems Protocol V2 markets."""
    binary_module: str
    neg_risk_module: str
    auto_redeemer: str
    deposit_wallet_factory: str
    deposit_wallet_beacon: str
    deposit_wallet_implementation: str


POLYGON = Contracts(
    collateral="0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB",
    usdce="0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174",
    usdc="0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
    onramp="0x93070a847efEf7F70739046A929D47a521F5B8ee",
    offramp="0x2957922Eb93258b93368531d39fAcCA3B4dC5854",
    conditional_tokens="0x4D97DCd97eC945f40cF65F87097ACe5EA0476045",
    wrapped_collateral="0x3A3BD7bb9528E159577F7C2e685CC81A765002E2",
    neg_risk_adapter="0xd91E80cF2E7be2e162c6513ceD06f1dD0dA35296",
    exchange="0xE111180000d2663C0091e4f400237545B87B996B",
    neg_risk_exchange="0xe2222d279d744050d28e00520010520000310F59",
    exchange_v3="0xe3333700cA9d93003F00f0F71f8515005F6c00Aa",
    collateral_adapter="0xAdA100Db00Ca00073811820692005400218FcE1f",
    neg_risk_collateral_adapter="0xadA2005600Dec949baf300f4C6120000bDB6eAab",
    position_manager="0x006F54F7f9A22e0000CC2AB60031000000ae9fEF",
    router="0x12121212006e4CD160D18e3f00711DA5c3372600",
    binary_module="0x1000008dD9001B968442c1000017eaE6E0dA00Ba",
    neg_risk_module="0x200000900045e3B6259600682756002200028933",
    auto_redeemer="0xa1200000d0002264C9a1698e001292D00E1b00af",
    deposit_wallet_factory="0x00000000000Fb5C9ADea0298D729A0CB3823Cc07",
    deposit_wallet_beacon="0x7A18EDfe055488A3128f01F563e5B479D92ffc3a",
    deposit_wallet_implementation="0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB",
)
"""**Source:** polymarket-client 0.14.0 and POLYMARKET section 8.1, read 2026-11. Addresses of
adapters were changed before: `doctor` holds these against the SDK and the chain."""
