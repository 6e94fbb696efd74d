"""Collateral, allowances and gas: is there enough of each for what the strategies may do?"""

from decimal import Decimal

from bot.model.account import WalletKind
from bot.owner.allowances import AUTO_REDEEMER, NEEDED, USED, Change, raise_to
from bot.owner.examined import Examined
from bot.owner.findings import Finding, fail, ok, warn

_LEAST_POL, _GOOD_POL = Decimal("0.05"), Decimal("0.5")
"""One and ten transactions of 250,000 gas at 200 gwei. **Source:** LOCAL_PROOF 2 (77,000 to
142,000 gas measured for redeeming and splitting), read 2026-11."""


async def check_collateral(examined: Examined) -> Finding:
    """Compare the wallet's pUSD with what the strategies may stake."""
    wallet, need = examined.setup.account.wallet, examined.need_usd
    cash = await examined.chain.cash(wallet)
    if cash >= need:
        return ok("collateral", f"{cash:,.2f} pUSD; the strategies may need up to {need:,.2f}")
    dollars = await examined.chain.cash(wallet, currency=examined.setup.world.contracts.usdce)
    lacking = need - cash
    if dollars > 0:
        remedy = f"polyhedge wallet wrap {min(lacking, dollars):f}{_who(examined)}"
    else:
        remedy = f"send {lacking:,.2f} USDC.e to {wallet}, then `polyhedge wallet wrap`"
    if cash == 0:
        return fail("collateral", f"no pUSD; the strategies may need up to {need:,.2f}", remedy)
    text = f"{cash:,.2f} pUSD; the strategies may need up to {need:,.2f}"
    return warn("collateral", text, f"{remedy}; or lower live.max_total_usd")


async def check_allowances(examined: Examined) -> list[Finding]:
    """Say what each contract may not move but must; one line if all is well."""
    contracts = examined.setup.world.contracts
    standing = await examined.chain.allowances(examined.setup.account.wallet)
    changes = raise_to(NEEDED, standing, contracts, usd=examined.need_usd, is_exact=False)
    lacking: dict[str, list[Change]] = {}
    for each in changes:
        lacking.setdefault(each.spender.name, []).append(each)
    findings = [
        _lacks(of_one, examined, only=name if len(lacking) == 1 else "")
        for name, of_one in lacking.items()
    ]
    if not lacking:
        findings.append(ok("allowance", f"all {len(NEEDED)} that trading needs"))
    if examined.setup.account.is_session:
        automatic = [each for each in USED if each.name == AUTO_REDEEMER]
        is_on = not raise_to(automatic, standing, contracts, usd=None, is_exact=False)
        findings.append(_payouts(is_on=is_on))
    return findings


def _lacks(changes: list[Change], examined: Examined, *, only: str) -> Finding:
    """Return the line of one contract that may move too little."""
    things = " or ".join(_too_little(each) for each in changes)
    purposes = " or ".join(each.spender.purpose for each in changes)
    chosen = f" --only {only}" if only else ""
    is_vital = changes[0].spender.is_for_trading or not examined.setup.account.is_session
    return (fail if is_vital else warn)(
        "allowance",
        f"{changes[0].spender.name} may not move {things}: it could not {purposes}",
        f"polyhedge wallet approve{chosen}{_who(examined)}",
    )


async def check_gas(examined: Examined) -> Finding:
    """See that an EOA can pay for its transactions; others have the relayer."""
    if examined.setup.account.kind is not WalletKind.EOA:
        return _check_relayer(examined)
    pol = await examined.chain.gas_money(examined.setup.account.wallet)
    text = f"{pol:.3f} POL"
    remedy = f"send POL to {examined.setup.account.wallet}"
    if pol < _LEAST_POL:
        return fail("gas", f"{text}; redeeming takes about {_LEAST_POL}", remedy)
    if pol < _GOOD_POL:
        return warn("gas", text, remedy)
    return ok("gas", text)


def _check_relayer(examined: Examined) -> Finding:
    if examined.setup.account.is_session:
        return ok("gas", "none needed: a session key sends no transactions")
    if examined.setup.relayer_key is None:
        return warn(
            "gas",
            "the relayer pays, but POLYMARKET_RELAYER_KEY is not set: nothing can be redeemed",
            "make a relayer key in the venue's settings and export it",
        )
    return ok("gas", "the relayer pays")


def _payouts(*, is_on: bool) -> Finding:
    if is_on:
        return ok("payouts", "the venue's auto-redeemer may redeem for you")
    return warn(
        "payouts",
        "a session key cannot redeem, and the auto-redeemer may not",
        "now and then, as the owner: polyhedge owner redeem; or once: polyhedge wallet approve"
        " --only auto-redeemer",
    )


def _too_little(change: Change) -> str:
    if change.then is None:
        return change.spender.token_name
    least = f"{change.then:,.2f} pUSD"
    return f"more than {change.now:,.2f} of {least}" if change.now else least


def _who(examined: Examined) -> str:
    return " (asks for the owner key)" if examined.setup.account.is_session else ""
