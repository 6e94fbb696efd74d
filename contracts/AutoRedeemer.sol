// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Receiver} from "solady/src/accounts/Receiver.sol";
import {CTF, CollateralAdapter, bothOutcomes, outcomeTokens} from "./ConditionalMarkets.sol";
import {IMoney, IOutcomeTokens, IRouter} from "./Interfaces.sol";
import {
    COLLATERAL_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    Operated,
    POSITION_MANAGER,
    PUSD,
    ROUTER,
    USDCE,
    WRAPPED_COLLATERAL
} from "./Places.sol";
import {positionId} from "./ProtocolV2.sol";

/// Redeems for wallets that approved it; all that comes of it goes to the wallet.
contract AutoRedeemer is Receiver, Operated {
    function redeemConditional(address wallet, bytes32 conditionId, bool negRisk) external onlyOperator {
        address adapter = negRisk ? NEG_RISK_COLLATERAL_ADAPTER : COLLATERAL_ADAPTER;
        uint256[] memory ids =
            outcomeTokens(negRisk ? WRAPPED_COLLATERAL : USDCE, conditionId);
        for (uint256 i; i < 2; ++i) {
            CTF.safeTransferFrom(wallet, address(this), ids[i], CTF.balanceOf(wallet, ids[i]), "");
        }
        CTF.setApprovalForAll(adapter, true);
        CollateralAdapter(payable(adapter)).redeemPositions(PUSD, 0, conditionId, bothOutcomes());
        _payOut(wallet);
    }

    function redeemPosition(address wallet, bytes31 conditionId) external onlyOperator {
        IOutcomeTokens positions = IOutcomeTokens(POSITION_MANAGER);
        positions.setApprovalForAll(ROUTER, true);
        for (uint256 outcome; outcome < 2; ++outcome) {
            uint256 id = positionId(conditionId, outcome);
            uint256 amount = positions.balanceOf(wallet, id);
            if (amount == 0) continue;
            positions.safeTransferFrom(wallet, address(this), id, amount, "");
            IRouter(ROUTER).redeem(conditionId, outcome, amount);
        }
        _payOut(wallet);
    }

    function _payOut(address wallet) private {
        IMoney(PUSD).transfer(wallet, IMoney(PUSD).balanceOf(address(this)));
    }
}
