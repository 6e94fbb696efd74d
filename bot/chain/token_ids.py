"""How a market's condition id and token ids come about, so that no feed can give us wrong ones."""

from bot.chain.addresses import POLYGON
from bot.errors import BadData
from bot.model.market import Market, MarketKind
from bot.model.units import ConditionId, TokenId

# alt_bn128: y^2 = x^3 + 3 over this prime field.
_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_CURVE_B = 3
_OUTCOME_SLOTS = 2
_MOST_DIGITS = 78
_RESERVED_BITS = ((1 << 64) - 1) << 40
_V2_CONDITION_BYTES = 31
_BINARY, _NEG_RISK = 1, 2


def condition_id(oracle: str, question_id: str) -> ConditionId:
    """Return the id of a CTF market with two outcomes, 0x and 64 hex digits.

    **Source:** ConditionalTokens ``getConditionId``; LOCAL_PROOF 2, read 2026-11.

    Raises:
        BadData: ``oracle`` is not 20 bytes of hex or ``question_id`` not 32.
    """
    packed = _from_hex(oracle, size=20, name="oracle")
    packed += _from_hex(question_id, size=32, name="question id")
    return ConditionId("0x" + _keccak(packed + _word(_OUTCOME_SLOTS)).hex())


def ctf_token_ids(condition_id: ConditionId, *, collateral: str) -> tuple[TokenId, TokenId]:
    """Return the ids of the first (Yes) and second outcome of a CTF market.

    Args:
        condition_id: 0x and 64 hex digits.
        collateral: What the tokens are made of: USDC.e, or the wrapped collateral if neg risk;
            not pUSD.

    **Source:** ConditionalTokens ``getCollectionId`` and ``getPositionId``; LOCAL_PROOF 2.

    Raises:
        BadData: one of the two is not hex of the right length.
    """
    condition = _from_hex(condition_id, size=32, name="condition id")
    made_of = _from_hex(collateral, size=20, name="collateral")
    first, second = (
        int.from_bytes(_keccak(made_of + _collection_id(condition, index_set)))
        for index_set in (1, 2)
    )
    return TokenId(str(first)), TokenId(str(second))


def v2_token_ids(condition_id: ConditionId) -> tuple[TokenId, TokenId]:
    """Return the position ids of both outcomes: the condition id and a byte, 0 Yes and 1 No.

    Raises:
        BadData: ``condition_id`` is not 31 bytes of hex (or 32, of which the last is zero).
    """
    condition = v2_condition(condition_id)
    first, second = (int.from_bytes(condition + bytes([outcome])) for outcome in (0, 1))
    return TokenId(str(first)), TokenId(str(second))


def v2_condition(condition_id: ConditionId) -> bytes:
    """Return the 31 bytes of a V2 market's id, which some answers pad with a zero byte.

    Raises:
        BadData: it is something else.
    """
    digits = len(condition_id) - len("0x")
    if digits == 2 * _V2_CONDITION_BYTES + 2 and condition_id.endswith("00"):
        condition_id = ConditionId(condition_id[:-2])
    return _from_hex(condition_id, size=_V2_CONDITION_BYTES, name="condition id")


def is_v2(token_id: TokenId) -> bool:
    """Whether this is a token of Protocol V2: bits 40 to 103 are zero.

    **Source:** POLYMARKET 1, polymarket-client 0.14.0 ``protocol.py``, read 2026-11.

    Raises:
        BadData: ``token_id`` is not a decimal string of at most 256 bits.
    """
    return _number(token_id) & _RESERVED_BITS == 0


def position_parts(token_id: TokenId) -> tuple[int, bytes, int]:
    """Return module (1 binary, 2 neg risk, 3 combination), condition (31 bytes) and outcome.

    Raises:
        BadData: ``token_id`` is not one of Protocol V2.
    """
    if not is_v2(token_id):
        raise BadData(f"Token {token_id} is not of Protocol V2; it has no parts to compare")
    encoded = _number(token_id).to_bytes(32)
    return encoded[0], encoded[:-1], encoded[-1]


def check_tokens(market: Market, *, question_id: str | None, oracle: str | None) -> None:
    """Make sure that the market's token ids are those of its condition, before one is signed for.

    Args:
        market: Whose ``condition_id`` and ``token_ids`` are held against what they must be.
        question_id: Hex of 32 bytes; needed for CTF markets only.
        oracle: Who reports the outcome; needed for CTF markets without neg risk only: the others
            have the neg-risk adapter.

    Raises:
        BadData: they differ, or a CTF market comes without its question id or oracle.
    """
    if market.kind is MarketKind.V2:
        _check_v2(market)
    else:
        _check_ctf(market, question_id=question_id, oracle=oracle)


def _check_ctf(market: Market, *, question_id: str | None, oracle: str | None) -> None:
    if market.neg_risk:
        oracle, collateral = POLYGON.neg_risk_adapter, POLYGON.wrapped_collateral
    else:
        collateral = POLYGON.usdce
    if not question_id or not oracle:
        raise BadData(
            f"Market {market.slug} came without its question id or oracle, so its token ids "
            "cannot be recomputed. Nothing is signed for it"
        )
    expected = condition_id(oracle, question_id)
    if expected != market.condition_id.lower():
        raise BadData(
            f"Market {market.slug} has condition id {market.condition_id}; its question id and "
            f"oracle give {expected}. Nothing is signed for it"
        )
    _compare(market, ctf_token_ids(expected, collateral=collateral))


def _check_v2(market: Market) -> None:
    module = v2_condition(market.condition_id)[0]
    expected = _NEG_RISK if market.neg_risk else _BINARY
    if module != expected:
        raise BadData(
            f"Market {market.slug} has condition id {market.condition_id} of module {module}; a "
            f"market {'with' if market.neg_risk else 'without'} neg risk has module {expected}. "
            "Nothing is signed for it"
        )
    for token_id in market.token_ids:
        if not is_v2(token_id):
            raise BadData(
                f"Market {market.slug} is of Protocol V2, but its token {token_id} is not. "
                "Nothing is signed for it"
            )
    _compare(market, v2_token_ids(market.condition_id))


def _compare(market: Market, expected: tuple[TokenId, TokenId]) -> None:
    for name, told, computed in zip(market.outcomes, market.token_ids, expected, strict=True):
        if told != computed:
            raise BadData(
                f"Market {market.slug} has token {told} for {name}; its condition id gives "
                f"{computed}. Nothing is signed for it"
            )


def _collection_id(condition: bytes, index_set: int) -> bytes:
    # A point of the curve: the first x at or after the hash that has one, its y odd or even as
    # the hash's highest bit says. The contract packs the point as x with y's parity in bit 254.
    digest = int.from_bytes(_keccak(condition + _word(index_set)))
    wants_odd = digest >> 255 == 1
    x, square_of_y, y = digest, -1, 0
    while y * y % _FIELD != square_of_y:
        x = (x + 1) % _FIELD
        square_of_y = (pow(x, 3, _FIELD) + _CURVE_B) % _FIELD
        y = pow(square_of_y, (_FIELD + 1) // 4, _FIELD)
    if (y % 2 == 1) != wants_odd:
        y = _FIELD - y
    return (x ^ (1 << 254) if y % 2 == 1 else x).to_bytes(32)


def _keccak(message: bytes) -> bytes:
    from eth_hash.auto import keccak  # comes with web3; loads in a tenth of its time

    return keccak(message)


def _word(number: int) -> bytes:
    return number.to_bytes(32)


def _number(token_id: TokenId) -> int:
    if token_id.isascii() and token_id.isdecimal() and len(token_id) <= _MOST_DIGITS:
        number = int(token_id)
        if number >> 256 == 0:
            return number
    raise BadData(f"Token id was {token_id!r}; it must be a decimal number below 2^256")


def _from_hex(text: str, *, size: int, name: str) -> bytes:
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != size or not text.startswith("0x"):
        raise BadData(f"{name} was {text!r}; it must be 0x and {2 * size} hex digits")
    return raw
