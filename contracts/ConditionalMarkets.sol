// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Receiver} from "solady/src/accounts/Receiver.sol";
import {IConditionalTokens, IMoney, IRamp} from "./Interfaces.sol";
import {
    CONDITIONAL_TOKENS,
    OFFRAMP,
    ONRAMP,
    PUSD,
    USDCE,
    WRAPPED_COLLATERAL
} from "./Places.sol";
import {WrappedCollateral} from "./Money.sol";

IConditionalTokens constant CTF = IConditionalTokens(CONDITIONAL_TOKENS);

function bothOutcomes() pure returns (uint256[] memory indexSets) {
    indexSets = new uint256[](2);
    (indexSets[0], indexSets[1]) = (1, 2);
}

/// The two token ids of a condition, first outcome first.
function outcomeTokens(address collateral, bytes32 conditionId) view returns (uint256[] memory ids) {
    ids = new uint256[](2);
    ids[0] = CTF.getPositionId(collateral, CTF.getCollectionId(0, conditionId, 1));
    ids[1] = CTF.getPositionId(collateral, CTF.getCollectionId(0, conditionId, 2));
}

/// Splits, merges and redeems with pUSD what is made of other collateral underneath.
///
/// The functions have the shape of ConditionalTokens: of the arguments only the condition and the
/// amount count.
contract CollateralAdapter is Receiver {
    function splitPosition(
        address,
        bytes32,
        bytes32 conditionId,
        uint256[] calldata,
        uint256 amount
    ) external {
        IMoney(PUSD).transferFrom(msg.sender, address(this), amount);
        IMoney(PUSD).approve(OFFRAMP, amount);
        IRamp(OFFRAMP).unwrap(USDCE, address(this), amount);
        _enter(amount);
        address collateral = _collateral();
        IMoney(collateral).approve(CONDITIONAL_TOKENS, amount);
        CTF.splitPosition(collateral, 0, conditionId, bothOutcomes(), amount);
        _move(address(this), msg.sender, conditionId, amount, amount);
    }

    function mergePositions(
        address,
        bytes32,
        bytes32 conditionId,
        uint256[] calldata,
        uint256 amount
    ) external {
        _move(msg.sender, address(this), conditionId, amount, amount);
        CTF.mergePositions(_collateral(), 0, conditionId, bothOutcomes(), amount);
        _leave(msg.sender);
    }

    /// Redeems all that the caller has of both outcomes.
    function redeemPositions(address, bytes32, bytes32 conditionId, uint256[] calldata) external {
        uint256[] memory ids = outcomeTokens(_collateral(), conditionId);
        uint256 first = CTF.balanceOf(msg.sender, ids[0]);
        uint256 second = CTF.balanceOf(msg.sender, ids[1]);
        _move(msg.sender, address(this), conditionId, first, second);
        CTF.redeemPositions(_collateral(), 0, conditionId, bothOutcomes());
        _leave(msg.sender);
    }

    function _collateral() internal view virtual returns (address) {
        return USDCE;
    }

    /// Turns `amount` dollars held here into the collateral.
    function _enter(uint256 amount) internal virtual {}

    /// Turns all collateral held here back into dollars, and those into pUSD of `to`.
    function _leave(address to) internal virtual {
        uint256 amount = IMoney(USDCE).balanceOf(address(this));
        IMoney(USDCE).approve(ONRAMP, amount);
        IRamp(ONRAMP).wrap(USDCE, to, amount);
    }

    function _move(address from, address to, bytes32 conditionId, uint256 first, uint256 second) private {
        uint256[] memory amounts = new uint256[](2);
        (amounts[0], amounts[1]) = (first, second);
        CTF.safeBatchTransferFrom(from, to, outcomeTokens(_collateral(), conditionId), amounts, "");
    }
}

contract NegRiskCollateralAdapter is CollateralAdapter {
    function _collateral() internal pure override returns (address) {
        return WRAPPED_COLLATERAL;
    }

    function _enter(uint256 amount) internal override {
        IMoney(USDCE).approve(WRAPPED_COLLATERAL, amount);
        WrappedCollateral(WRAPPED_COLLATERAL).wrap(address(this), amount);
    }

    function _leave(address to) internal override {
        uint256 amount = IMoney(WRAPPED_COLLATERAL).balanceOf(address(this));
        WrappedCollateral(WRAPPED_COLLATERAL).unwrap(address(this), amount);
        super._leave(to);
    }
}

/// The oracle of neg-risk markets, which also shows balances as the official client asks for them.
///
/// It reports nothing by itself: a test reports in its name.
contract NegRiskAdapter {
    function balanceOf(address owner, uint256 id) external view returns (uint256) {
        return CTF.balanceOf(owner, id);
    }

    function balanceOfBatch(address[] calldata owners, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory)
    {
        return CTF.balanceOfBatch(owners, ids);
    }
}
