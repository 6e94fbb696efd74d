// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Receiver} from "solady/src/accounts/Receiver.sol";
import {ECDSA} from "solady/src/utils/ECDSA.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";
import {SignatureCheckerLib} from "solady/src/utils/SignatureCheckerLib.sol";
import {CTF, CollateralAdapter, bothOutcomes, outcomeTokens} from "./ConditionalMarkets.sol";
import {IMoney, IOutcomeTokens, IRouter} from "./Interfaces.sol";
import {positionId} from "./ProtocolV2.sol";
import {
    COLLATERAL_ADAPTER,
    CONDITIONAL_TOKENS,
    FEE_RECEIVER,
    NEG_RISK_COLLATERAL_ADAPTER,
    Operated,
    POSITION_MANAGER,
    PUSD,
    ROUTER,
    USDCE,
    WRAPPED_COLLATERAL
} from "./Places.sol";

struct Order {
    uint256 salt;
    address maker;
    address signer;
    uint256 tokenId;
    uint256 makerAmount;
    uint256 takerAmount;
    uint8 side;
    uint8 signatureType;
    uint256 timestamp;
    bytes32 metadata;
    bytes32 builder;
    bytes signature;
}

struct OrderStatus {
    bool filled;
    uint248 remaining;
}

uint8 constant BUY = 0;
uint8 constant SELL = 1;

/// Settles one taker order against maker orders, at the makers' prices.
///
/// Fills are counted in what an order gives (`makerAmount`). The taker's surplus is given back, and
/// its `OrderFilled` shows what it really paid and got. Signature types 0 (EOA) and 3 (ERC-1271)
/// are checked; 1 and 2 (proxy and Safe wallets) are refused.
abstract contract Exchange is EIP712, Receiver, Operated {
    event OrderFilled(
        bytes32 indexed orderHash,
        address indexed maker,
        address indexed taker,
        uint8 side,
        uint256 tokenId,
        uint256 makerAmountFilled,
        uint256 takerAmountFilled,
        uint256 fee,
        bytes32 builder,
        bytes32 metadata
    );
    event OrdersMatched(
        bytes32 indexed takerOrderHash,
        address indexed takerOrderMaker,
        uint8 side,
        uint256 tokenId,
        uint256 makerAmountFilled,
        uint256 takerAmountFilled
    );
    event FeeCharged(address indexed receiver, uint256 amount);
    event UserPaused(address indexed user, uint256 effectivePauseBlock);
    event UserUnpaused(address indexed user);

    error FeeExceedsMaxRate();
    error InvalidSignature();
    error MismatchedTokenIds();
    error NotCrossing();
    error OrderAlreadyFilled();
    error SignatureTypeNotSupported(uint8 signatureType);
    error UserAlreadyPaused();
    error UserIsPaused();

    bytes32 private constant ORDER_TYPE = keccak256(
        "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
    );
    uint256 public constant maxFeeRateBps = 500;
    uint256 public constant userPauseBlockInterval = 100;

    mapping(address => uint256) public userPausedBlockAt;
    mapping(bytes32 => OrderStatus) private _status;

    function matchOrders(
        bytes32 conditionId,
        Order calldata taker,
        Order[] calldata makers,
        uint256 takerFill,
        uint256[] calldata makerFills,
        uint256 takerFee,
        uint256[] calldata makerFees
    ) external onlyOperator {
        bytes32 takerHash = _open(taker, takerFill);
        _take(taker, takerFill, takerFee);
        uint256 spent;
        uint256 received;
        for (uint256 i; i < makers.length; ++i) {
            (uint256 gave, uint256 got) =
                _settle(conditionId, taker, makers[i], makerFills[i], makerFees[i]);
            spent += gave;
            received += got;
        }
        if (spent > takerFill || received < _wanted(taker, takerFill)) revert NotCrossing();
        _give(taker, received, takerFee);
        _transfer(taker.side == BUY ? 0 : taker.tokenId, taker.maker, takerFill - spent);
        _tell(takerHash, taker, address(this), spent, received, takerFee);
        emit OrdersMatched(takerHash, taker.maker, taker.side, taker.tokenId, spent, received);
    }

    /// After `userPauseBlockInterval` blocks nothing of the caller's is matched any more.
    function pauseUser() external {
        if (userPausedBlockAt[msg.sender] != 0) revert UserAlreadyPaused();
        uint256 effective = block.number + userPauseBlockInterval;
        userPausedBlockAt[msg.sender] = effective;
        emit UserPaused(msg.sender, effective);
    }

    function unpauseUser() external {
        delete userPausedBlockAt[msg.sender];
        emit UserUnpaused(msg.sender);
    }

    function isUserPaused(address user) public view returns (bool) {
        uint256 effective = userPausedBlockAt[user];
        return effective != 0 && block.number >= effective;
    }

    function getOrderStatus(bytes32 orderHash) external view returns (OrderStatus memory) {
        return _status[orderHash];
    }

    function hashOrder(Order calldata o) public view returns (bytes32) {
        return _hashTypedData(
            keccak256(
                abi.encode(
                    ORDER_TYPE,
                    o.salt,
                    o.maker,
                    o.signer,
                    o.tokenId,
                    o.makerAmount,
                    o.takerAmount,
                    o.side,
                    o.signatureType,
                    o.timestamp,
                    o.metadata,
                    o.builder
                )
            )
        );
    }

    /// Executes one maker order; returns what the taker gave for it and got from it.
    function _settle(
        bytes32 conditionId,
        Order calldata taker,
        Order calldata maker,
        uint256 making,
        uint256 fee
    ) private returns (uint256 gave, uint256 got) {
        bytes32 makerHash = _open(maker, making);
        uint256 taking = _wanted(maker, making);
        _take(maker, making, fee);
        if (maker.side != taker.side) {
            if (maker.tokenId != taker.tokenId) revert MismatchedTokenIds();
            (gave, got) = (taking, making);
        } else {
            _requireComplements(conditionId, taker.tokenId, maker.tokenId);
            uint256 pairs = maker.side == BUY ? taking : making;
            uint256 price = maker.side == BUY ? making : taking;
            if (price > pairs) revert NotCrossing();
            if (maker.side == BUY) {
                if (IMoney(PUSD).balanceOf(address(this)) < pairs) revert NotCrossing();
                _split(conditionId, pairs);
                (gave, got) = (pairs - price, pairs);
            } else {
                _merge(conditionId, pairs);
                (gave, got) = (pairs, pairs - price);
            }
        }
        _give(maker, taking, fee);
        _tell(makerHash, maker, taker.maker, making, taking, fee);
    }

    /// Checks an order and counts `fill` of what it gives as gone.
    function _open(Order calldata order, uint256 fill) private returns (bytes32 orderHash) {
        orderHash = hashOrder(order);
        _requireSigned(order, orderHash);
        if (isUserPaused(order.maker)) revert UserIsPaused();
        OrderStatus storage status = _status[orderHash];
        uint256 remaining = status.remaining == 0 ? order.makerAmount : status.remaining;
        if (status.filled || fill > remaining) revert OrderAlreadyFilled();
        status.remaining = uint248(remaining - fill);
        status.filled = remaining == fill;
    }

    function _requireSigned(Order calldata order, bytes32 orderHash) private view {
        bool signed;
        if (order.signatureType == 0) {
            signed = order.maker == order.signer
                && ECDSA.recoverCalldata(orderHash, order.signature) == order.signer;
        } else if (order.signatureType == 3) {
            signed = order.maker == order.signer && order.maker.code.length > 0
                && SignatureCheckerLib.isValidERC1271SignatureNowCalldata(
                    order.maker, orderHash, order.signature
                );
        } else {
            revert SignatureTypeNotSupported(order.signatureType);
        }
        if (!signed) revert InvalidSignature();
    }

    function _wanted(Order calldata order, uint256 fill) private pure returns (uint256) {
        return fill * order.takerAmount / order.makerAmount;
    }

    /// Takes what the order gives; a buy pays its fee on top.
    function _take(Order calldata order, uint256 fill, uint256 fee) private {
        if (order.side == BUY) {
            IMoney(PUSD).transferFrom(order.maker, address(this), fill + fee);
        } else {
            _tokens().safeTransferFrom(order.maker, address(this), order.tokenId, fill, "");
        }
    }

    /// Gives what the order gets; a sell's fee is taken from it.
    function _give(Order calldata order, uint256 got, uint256 fee) private {
        if (order.side == BUY) {
            _transfer(order.tokenId, order.maker, got);
        } else {
            _transfer(0, order.maker, got - fee);
        }
        if (fee > 0) {
            IMoney(PUSD).transfer(FEE_RECEIVER, fee);
            emit FeeCharged(FEE_RECEIVER, fee);
        }
    }

    /// Token 0 is pUSD.
    function _transfer(uint256 tokenId, address to, uint256 amount) private {
        if (amount == 0) return;
        if (tokenId == 0) IMoney(PUSD).transfer(to, amount);
        else _tokens().safeTransferFrom(address(this), to, tokenId, amount, "");
    }

    function _tell(
        bytes32 orderHash,
        Order calldata order,
        address counterparty,
        uint256 gave,
        uint256 got,
        uint256 fee
    ) private {
        if (fee * 10_000 > maxFeeRateBps * (order.side == BUY ? gave : got)) {
            revert FeeExceedsMaxRate();
        }
        emit OrderFilled(
            orderHash,
            order.maker,
            counterparty,
            order.side,
            order.tokenId,
            gave,
            got,
            fee,
            order.builder,
            order.metadata
        );
    }

    function _requireComplements(bytes32 conditionId, uint256 one, uint256 other) private view {
        uint256[] memory ids = _pair(conditionId);
        bool complements =
            (one == ids[0] && other == ids[1]) || (one == ids[1] && other == ids[0]);
        if (!complements) revert MismatchedTokenIds();
    }

    function _domainNameAndVersionMayChange() internal pure override returns (bool) {
        return true; // without a constructor nothing was cached
    }

    function _domainNameAndVersion()
        internal
        view
        override
        returns (string memory name, string memory version)
    {
        return ("Polymarket CTF Exchange", _version());
    }

    function _version() internal view virtual returns (string memory);
    function _tokens() internal view virtual returns (IOutcomeTokens);
    function _pair(bytes32 conditionId) internal view virtual returns (uint256[] memory);
    /// Makes `pairs` of both outcomes from pUSD held here.
    function _split(bytes32 conditionId, uint256 pairs) internal virtual;
    function _merge(bytes32 conditionId, uint256 pairs) internal virtual;
}

/// For CTF markets.
contract CtfExchange is Exchange {
    function _split(bytes32 conditionId, uint256 pairs) internal override {
        (address adapter,) = _made();
        IMoney(PUSD).approve(adapter, pairs);
        CollateralAdapter(payable(adapter)).splitPosition(
            PUSD, 0, conditionId, bothOutcomes(), pairs
        );
    }

    function _merge(bytes32 conditionId, uint256 pairs) internal override {
        (address adapter,) = _made();
        CTF.setApprovalForAll(adapter, true);
        CollateralAdapter(payable(adapter)).mergePositions(
            PUSD, 0, conditionId, bothOutcomes(), pairs
        );
    }

    /// Through which adapter the tokens of this exchange are made, and of which collateral.
    function _made() internal view virtual returns (address adapter, address collateral) {
        return (COLLATERAL_ADAPTER, USDCE);
    }

    function _version() internal pure override returns (string memory) {
        return "2";
    }

    function _tokens() internal pure override returns (IOutcomeTokens) {
        return IOutcomeTokens(CONDITIONAL_TOKENS);
    }

    function _pair(bytes32 conditionId) internal view override returns (uint256[] memory) {
        (, address collateral) = _made();
        return outcomeTokens(collateral, conditionId);
    }
}

/// For neg-risk CTF markets.
contract NegRiskExchange is CtfExchange {
    function _made() internal pure override returns (address, address) {
        return (NEG_RISK_COLLATERAL_ADAPTER, WRAPPED_COLLATERAL);
    }
}

/// For Protocol V2 markets; a condition's 31 bytes stand first in `conditionId`.
contract ExchangeV3 is Exchange {
    function _split(bytes32 conditionId, uint256 pairs) internal override {
        IMoney(PUSD).approve(ROUTER, pairs);
        IRouter(ROUTER).split(bytes31(conditionId), pairs);
    }

    function _merge(bytes32 conditionId, uint256 pairs) internal override {
        IOutcomeTokens(POSITION_MANAGER).setApprovalForAll(ROUTER, true);
        IRouter(ROUTER).merge(bytes31(conditionId), pairs);
    }

    function _version() internal pure override returns (string memory) {
        return "3";
    }

    function _tokens() internal pure override returns (IOutcomeTokens) {
        return IOutcomeTokens(POSITION_MANAGER);
    }

    function _pair(bytes32 conditionId) internal pure override returns (uint256[] memory ids) {
        ids = new uint256[](2);
        ids[0] = positionId(bytes31(conditionId), 0);
        ids[1] = positionId(bytes31(conditionId), 1);
    }
}
