// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "solady/src/tokens/ERC1155.sol";
import {IModule, IMoney, IPositionManager} from "./Interfaces.sol";
import {
    BINARY_MODULE,
    NEG_RISK_MODULE,
    Operated,
    POSITION_MANAGER,
    PUSD,
    ROUTER
} from "./Places.sol";

/// A position id: the 31 bytes of the condition (the first names the module), then the outcome.
function positionId(bytes31 conditionId, uint256 outcome) pure returns (uint256) {
    return uint256(bytes32(conditionId)) | outcome;
}

/// The outcome tokens of Protocol V2; only the router makes and burns them.
contract PositionManager is ERC1155 {
    error OnlyRouter();

    modifier onlyRouter() {
        if (msg.sender != ROUTER) revert OnlyRouter();
        _;
    }

    function uri(uint256) public pure override returns (string memory) {
        return "";
    }

    function mintPair(address to, bytes31 conditionId, uint256 amount) external onlyRouter {
        (uint256[] memory ids, uint256[] memory amounts) = _pair(conditionId, amount);
        _batchMint(to, ids, amounts, "");
    }

    /// The owner must have approved the router.
    function burnPair(address from, bytes31 conditionId, uint256 amount) external onlyRouter {
        (uint256[] memory ids, uint256[] memory amounts) = _pair(conditionId, amount);
        _batchBurn(ROUTER, from, ids, amounts);
    }

    function burn(address from, uint256 id, uint256 amount) external onlyRouter {
        _burn(ROUTER, from, id, amount);
    }

    function _pair(bytes31 conditionId, uint256 amount)
        private
        pure
        returns (uint256[] memory ids, uint256[] memory amounts)
    {
        (ids, amounts) = (new uint256[](2), new uint256[](2));
        (ids[0], ids[1]) = (positionId(conditionId, 0), positionId(conditionId, 1));
        (amounts[0], amounts[1]) = (amount, amount);
    }
}

/// Knows which conditions exist and how they ended; stands for the binary and the neg-risk module.
contract Module is IModule, Operated {
    event ConditionPrepared(bytes31 indexed conditionId);
    event ConditionResolved(bytes31 indexed conditionId, uint256[] payouts);

    error AlreadyResolved();
    error NotPrepared();

    mapping(bytes31 => bool) public isPrepared;
    mapping(bytes31 => uint256[]) private _payouts;

    function prepareCondition(bytes31 conditionId) external onlyOperator {
        isPrepared[conditionId] = true;
        emit ConditionPrepared(conditionId);
    }

    function reportPayouts(bytes31 conditionId, uint256[] calldata payouts) external onlyOperator {
        if (!isPrepared[conditionId]) revert NotPrepared();
        if (_payouts[conditionId].length != 0) revert AlreadyResolved();
        _payouts[conditionId] = payouts;
        emit ConditionResolved(conditionId, payouts);
    }

    /// What each outcome pays, in proportion; empty until resolved.
    function getResult(bytes31 conditionId) external view returns (uint256[] memory) {
        return _payouts[conditionId];
    }
}

/// Holds the pUSD behind all V2 positions.
contract Router {
    error NotPrepared();
    error NotResolved();

    IPositionManager private constant POSITIONS = IPositionManager(POSITION_MANAGER);

    function split(bytes31 conditionId, uint256 amount) external {
        if (!_module(conditionId).isPrepared(conditionId)) revert NotPrepared();
        IMoney(PUSD).transferFrom(msg.sender, address(this), amount);
        POSITIONS.mintPair(msg.sender, conditionId, amount);
    }

    function merge(bytes31 conditionId, uint256 amount) external {
        POSITIONS.burnPair(msg.sender, conditionId, amount);
        IMoney(PUSD).transfer(msg.sender, amount);
    }

    function redeem(bytes31 conditionId, uint256 outcome, uint256 amount) external {
        uint256[] memory payouts = _module(conditionId).getResult(conditionId);
        if (payouts.length == 0) revert NotResolved();
        POSITIONS.burn(msg.sender, positionId(conditionId, outcome), amount);
        uint256 payout = amount * payouts[outcome] / (payouts[0] + payouts[1]);
        IMoney(PUSD).transfer(msg.sender, payout);
    }

    function _module(bytes31 conditionId) private pure returns (IModule) {
        return IModule(conditionId[0] == 0x01 ? BINARY_MODULE : NEG_RISK_MODULE);
    }
}
