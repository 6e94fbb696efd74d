"""Somebody with money whose live daemon can be started in a process of its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot.app.rehearsal.actor import Actor
from bot.app.rehearsal.files import write_files
from bot.app.rehearsal.scenery import Scenery
from bot.model.units import Usd
from bot.owner.keys import PRIVATE_KEY
from bot.sandbox.accounts import SessionKey
from bot.sandbox.chain.orders import address_of

MONEY_USD = Usd(Decimal(5000))


async def make_actor(folder: Path, scenery: Scenery, *, is_session: bool) -> Actor:
    """Return an owner with money and allowances, and with the files that they write."""
    chain = scenery.chain
    owner, key = chain.accounts[3], chain.accounts[5 if is_session else 3]
    wallet = address_of(owner)
    if is_session:
        wallet = await chain.deploy_wallet(wallet)
        signer, until = address_of(key), await chain.now() + 400 * 86_400
        await chain.send(wallet, wallet, "authorizeSessionSigner(address,uint256)", signer, until)
        session = SessionKey(address=signer, scopes=("CLOB",), valid_until=until)
        scenery.sandbox.accounts.authorize(wallet, session)
    await chain.approve_all(wallet)
    await chain.mint(wallet, MONEY_USD)
    config = write_files(folder, scenery.sandbox.endpoints, wallet=wallet, keystore="none")
    _replace(
        config, (", keystore: none", ""), ("400usd", "4000usd"), ("day_usd: 300", "day_usd: 9999")
    )
    for path in (folder / "strategies").iterdir():
        _replace(path, ("max_premium_usd: 150", "max_premium_usd: 3000"))
    return Actor(
        name="session key" if is_session else "plain key",
        folder=folder,
        owner_redeems=False,
        environment={PRIVATE_KEY: key.reveal()},
        wallet=wallet,
    )


def _replace(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
