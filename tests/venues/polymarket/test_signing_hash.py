"""What the key signs is what the official client would let it sign, for every kind of wallet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from polymarket._internal.actions.orders.typed_data import (
    build_order_signature,
    build_order_typed_data,
)
from polymarket.types import HexString

from bot.model.account import WalletKind
from bot.model.orders import OrderType
from bot.venues.polymarket.order_hash import signature_tail, signing_hash
from bot.venues.polymarket.sdk.client import _unsigned
from tests.venues.polymarket.counter import DEPOSIT, EOA
from tests.venues.polymarket.test_order_hash import CTF, V2, vector_order


@pytest.mark.parametrize("token", [CTF, V2], ids=["ctf", "v2"])
@pytest.mark.parametrize("kind", WalletKind)
def test_hash_and_tail_are_those_of_the_official_client(token: str, kind: WalletKind) -> None:
    wallet = EOA if kind is WalletKind.EOA else DEPOSIT
    order = replace(
        vector_order(token, neg_risk=False, maker=wallet),
        signer=wallet if kind is WalletKind.DEPOSIT else EOA,
        signature_type=kind,
    )
    theirs = _unsigned(order, order_type=OrderType.FAK, ends_s=0)
    message = encode_typed_data(full_message=build_order_typed_data(theirs))
    assert signing_hash(order) == keccak(b"\x19" + message.version + message.header + message.body)
    plain = HexString("0x" + "ab" * 65)
    assert plain + signature_tail(order).hex() == build_order_signature(theirs, plain)
