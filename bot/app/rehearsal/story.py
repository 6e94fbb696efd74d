"""The rehearsal, act by act: each must come out, or it ends there and says how."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bot.app.rehearsal.actor import Actor, RehearsalFailed
from bot.app.rehearsal.agreement import Row, compare
from bot.app.rehearsal.files import write_files
from bot.app.rehearsal.scenery import Scenery
from bot.model.units import Usd

MONEY_USD = Usd(Decimal(500))
GAS_POL = Decimal(5)
STEP_S = 40.0
LOOK_S = 0.2
OWNER, SESSION = "owner.json", "session.json"
_BY_OWNER = ("--yes", "--keystore", OWNER)

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Story:
    """Two owners: one with a deposit wallet and a session key, one with a plain key."""

    scenery: Scenery
    folder: Path
    tell: Tell
    actors: list[Actor] = field(default_factory=list)

    async def play(self) -> tuple[Row, ...]:
        """Play all acts; return what ledger, venue and chain say in the end.

        Raises:
            RehearsalFailed: an act did not come out.
        """
        await self.set_up()
        try:
            await self.trade()
        finally:
            codes = [await actor.stop_daemon() for actor in self.actors]
        for actor, code in zip(self.actors, codes, strict=True):
            if code != 0:
                raise RehearsalFailed(f"{actor.name}: the daemon ended with {code}")
        self.tell("both daemons stopped cleanly")
        rows: list[Row] = []
        for actor in self.actors:
            rows.extend(await compare(actor, self.scenery))
        return tuple(rows)

    async def set_up(self) -> None:
        """Let both owners make keys, money and allowances by the program's own commands."""
        self.actors = list(await asyncio.gather(self._deposit_wallet(), self._plain_key()))
        for actor in self.actors:
            lines = await actor.doctor()
            bad = [line for line in lines if line["state"] != "ok"]
            if bad:
                raise RehearsalFailed(f"{actor.name}: the doctor is not content: {bad}")
            self.tell(f"{actor.name}: doctor: {len(lines)} of {len(lines)} ok")

    async def trade(self) -> None:
        """Run both daemons through open, roll, close and settle."""
        scenery = self.scenery
        for actor in self.actors:
            await actor.start_daemon()
        await self._until("opened", 3)
        scenery.show(scenery.this_meeting, 9)
        scenery.bring_forward(scenery.this_meeting, days=3)
        scenery.bring_forward(scenery.next_meeting, days=90)
        await self._until("rolled", 1)
        await self._until("rolled_out", 1)
        scenery.show(scenery.shutdown, 6)
        await self._until("closed", 1)
        await scenery.resolve(scenery.next_meeting, yes="1")
        await scenery.resolve(scenery.recession, yes="1")
        for actor in self.actors:
            if actor.owner_redeems:
                await self._see_redeemable(actor)
                await actor.type_in("owner", "redeem", *_BY_OWNER)
        await self._until("settled", 2)
        for actor in self.actors:
            await self._wait(actor, lambda a=actor: self._owed(a) == 0, "redeemed")  # type: ignore[misc]
            self.tell(f"{actor.name}: both kinds redeemed, nothing is owed any more")

    async def _deposit_wallet(self) -> Actor:
        actor = self._actor("deposit wallet", owner_redeems=True)
        write_files(actor.folder, self.scenery.sandbox.endpoints, wallet=_NOBODY, keystore=SESSION)
        signer, wallet = _addresses(await actor.type_in("wallet", "new", "--keystore", OWNER))
        actor.wallet = wallet
        key = self.scenery.sandbox.accounts.builder_key(signer)
        actor.environment = {
            "POLYMARKET_BUILDER_KEY": key.key,
            "POLYMARKET_BUILDER_SECRET": key.secret,
            "POLYMARKET_BUILDER_PASSPHRASE": key.passphrase,
        }
        session, _ = _addresses(await actor.type_in("wallet", "new", "--keystore", SESSION))
        self._write(actor, keystore=SESSION)
        await actor.type_in("wallet", "deploy", *_BY_OWNER)
        await self.scenery.chain.mint_usdce(wallet, MONEY_USD)
        await self._wrap_and_approve(actor)
        await actor.type_in("wallet", "session-key", "create", session, *_BY_OWNER)
        await actor.type_in("wallet", "approve", "--only", "auto-redeemer", *_BY_OWNER)
        self.tell(f"{actor.name}: {wallet}, {MONEY_USD} pUSD, traded by session key {session}")
        return actor

    async def _plain_key(self) -> Actor:
        actor = self._actor("plain key", owner_redeems=False)
        write_files(actor.folder, self.scenery.sandbox.endpoints, wallet=_NOBODY, keystore=OWNER)
        signer, _ = _addresses(await actor.type_in("wallet", "new", "--keystore", OWNER))
        actor.wallet = signer
        self._write(actor, keystore=OWNER)
        await self.scenery.chain.give_gas(signer, GAS_POL)
        await self.scenery.chain.mint_usdce(signer, MONEY_USD)
        await self._wrap_and_approve(actor)
        self.tell(f"{actor.name}: {signer}, {MONEY_USD} pUSD, trades for itself")
        return actor

    async def _wrap_and_approve(self, actor: Actor) -> None:
        await actor.type_in("wallet", "wrap", str(MONEY_USD), *_BY_OWNER)
        await actor.type_in("wallet", "approve", *_BY_OWNER)

    def _actor(self, name: str, *, owner_redeems: bool) -> Actor:
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir(parents=True)
        return Actor(name=name, folder=folder, tell=self.tell, owner_redeems=owner_redeems)

    def _write(self, actor: Actor, *, keystore: str) -> None:
        endpoints = self.scenery.sandbox.endpoints
        write_files(actor.folder, endpoints, wallet=actor.wallet, keystore=keystore)

    async def _until(self, kind: str, count: int) -> None:
        """Wait until each daemon has done something so often."""
        for actor in self.actors:
            await self._wait(actor, lambda a=actor: a.counts().get(kind, 0) >= count, kind)  # type: ignore[misc]
            self.tell(f"{actor.name}: {kind} {actor.counts()[kind]}")

    async def _see_redeemable(self, actor: Actor) -> None:
        """Wait until the daemon knows that payouts are owed that it may not fetch."""
        await self._wait(actor, lambda: self._owed(actor) == 2, "redeemable")
        self.tell(f"{actor.name}: 2 payouts are owed; a session key may not fetch them")

    def _owed(self, actor: Actor) -> int:
        """Return how many payouts the ledger knows to be owed."""
        with actor.ledger() as ledger:
            return len(ledger.account(self.scenery.clock.now()).redeemable)

    async def _wait(self, actor: Actor, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(STEP_S):
                while not holds():
                    actor.check_daemon()
                    await self.scenery.clock.sleep(LOOK_S)
        except TimeoutError:
            raise RehearsalFailed(
                f"{actor.name}: not {what} within {STEP_S:.0f} s; so far"
                f" {json.dumps(dict(actor.counts()))}. {actor.last_lines()}"
            ) from None


_NOBODY = "0x" + "00" * 20


def _addresses(printed: str) -> tuple[str, str]:
    """Return key's address and deposit wallet from what `wallet new` prints."""
    words = printed.split()
    found = [word.rstrip(";") for word in words if word.startswith("0x") and len(word) >= 42]
    return found[0], found[1]
