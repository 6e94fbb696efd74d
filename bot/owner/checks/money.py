"""Collateral, allowances and gas: is there enough of each for what the strategies may do?"""

from decimal import Decimal

from bot.model.account import WalletKind
from bot.model.units import ZERO_USD, Usd
from bot.owner.allowances import AUTO_REDEEMER, NEEDED, USED, Spender, missing
from bot.owner.examined import Examined
from bot.owner.findings import Finding, fail, ok, warn

_LEAST_POL, _GOOD_POL = Decimal("0.05"), Decimal("0.5")
"""One and ten transactions of 250,000 gas at 200 gwei. **Source:** LOCAL_PROOF 2 (77,000 to
142,000 gas measured for redeeming and splitting), read 2026-11."""


async def check_collateral(examined: Examined) -> Finding:
    """Compare the wallet's pUSD with what the strategies may stake."""
    cash, need = await examined.chain.cash(examined.setup.account.wallet), examined.need_usd
    text = f"{cash:,.2f} pUSD"
    if cash >= need:
        return ok("collateral", f"{text}; the strategies may need up to {need:,.2f}")
    if cash == 0:
        return fail(
            "collateral",
            f"none in {examined.setup.account.wallet}",
            f"send USDC.e there, then: polyhedge wallet wrap {need:.2f}",
        )
    return warn(
        "collateral",
        f"{text}; the strategies may need up to {need:,.2f}",
        f"add {need - cash:,.2f} with `polyhedge wallet wrap`, or lower live.max_total_usd",
    )


async def check_allowances(examined: Examined) -> list[Finding]:
    """Say what each contract may not move but must; one line if all is well."""
    standing = await examined.chain.allowances(examined.setup.account.wallet)
    lacking = missing(NEEDED, standing, examined.setup.contracts, usd=examined.need_usd)
    findings = []
    for spender in lacking:
        purpose = f"{spender.name} may not move {_enough(examined.need_usd, spender)}"
        text = f"{purpose}, so that nothing can {spender.purpose}"
        remedy = f"polyhedge wallet approve --only {spender.name}{_who(examined)}"
        is_vital = spender.is_for_trading or not examined.setup.account.is_session
        findings.append((fail if is_vital else warn)("allowance", text, remedy))
    if not lacking:
        findings.append(ok("allowance", f"all {len(NEEDED)} that trading needs"))
    if examined.setup.account.is_session:
        automatic = [each for each in USED if each.name == AUTO_REDEEMER]
        is_on = not missing(automatic, standing, examined.setup.contracts, usd=ZERO_USD)
        findings.append(_payouts(is_on=is_on))
    return findings


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


def _enough(usd: Usd, spender: Spender) -> str:
    return f"{usd:,.2f} pUSD" if spender.is_by_sum else f"any {spender.token_name}"


def _who(examined: Examined) -> str:
    return " (asks for the owner key)" if examined.setup.account.is_session else ""
