// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IMoney {
    function approve(address spender, uint256 amount) external returns (bool);
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function mint(address to, uint256 amount) external;
    function burn(address from, uint256 amount) external;
}

interface IOutcomeTokens {
    function balanceOf(address owner, uint256 id) external view returns (uint256);
    function balanceOfBatch(address[] calldata owners, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory);
    function safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes calldata data)
        external;
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        bytes calldata data
    ) external;
    function setApprovalForAll(address operator, bool approved) external;
}

interface IConditionalTokens is IOutcomeTokens {
    function getCollectionId(bytes32 parent, bytes32 conditionId, uint256 indexSet)
        external
        view
        returns (bytes32);
    function getPositionId(address collateral, bytes32 collectionId) external pure returns (uint256);
    function splitPosition(
        address collateral,
        bytes32 parent,
        bytes32 conditionId,
        uint256[] calldata partition,
        uint256 amount
    ) external;
    function mergePositions(
        address collateral,
        bytes32 parent,
        bytes32 conditionId,
        uint256[] calldata partition,
        uint256 amount
    ) external;
    function redeemPositions(
        address collateral,
        bytes32 parent,
        bytes32 conditionId,
        uint256[] calldata indexSets
    ) external;
}

interface IRamp {
    function wrap(address asset, address to, uint256 amount) external;
    function unwrap(address asset, address to, uint256 amount) external;
}

interface IPositionManager is IOutcomeTokens {
    function mintPair(address to, bytes31 conditionId, uint256 amount) external;
    function burnPair(address from, bytes31 conditionId, uint256 amount) external;
    function burn(address from, uint256 id, uint256 amount) external;
}

interface IRouter {
    function split(bytes31 conditionId, uint256 amount) external;
    function merge(bytes31 conditionId, uint256 amount) external;
    function redeem(bytes31 conditionId, uint256 outcome, uint256 amount) external;
}

interface IModule {
    function isPrepared(bytes31 conditionId) external view returns (bool);
    function getResult(bytes31 conditionId) external view returns (uint256[] memory);
}
