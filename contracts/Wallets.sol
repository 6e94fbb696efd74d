// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1271} from "solady/src/accounts/ERC1271.sol";
import {Receiver} from "solady/src/accounts/Receiver.sol";
import {ECDSA} from "solady/src/utils/ECDSA.sol";
import {LibClone} from "solady/src/utils/LibClone.sol";
import {WALLET_BEACON, WALLET_IMPLEMENTATION} from "./Places.sol";

struct Call {
    address target;
    uint256 value;
    bytes data;
}

/// A wallet whose owner signs batches of calls, and whose session signers sign orders only.
///
/// Its owner is written into its code by the factory. Signatures for other contracts are nested
/// (ERC-7739), so that one made for this wallet fits no other. A session signer's is wrapped:
/// `abi.encode(bytes32 signer, bytes32 0, bytes signature)` and then `6492...6492`.
contract DepositWallet is ERC1271, Receiver {
    event SessionSignerAuthorized(address indexed signer, uint256 validUntil);
    event SessionSignerRevoked(address indexed signer);

    error BatchExpired();
    error OnlyOwner();
    error WrongNonce(uint256 expected);

    bytes32 private constant CALL_TYPE = keccak256("Call(address target,uint256 value,bytes data)");
    bytes32 private constant BATCH_TYPE = keccak256(
        "Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)Call(address target,uint256 value,bytes data)"
    );
    bytes32 private constant SESSION_MARK =
        0x6492649264926492649264926492649264926492649264926492649264926492;

    /// The nonce the next batch must carry.
    uint256 public nonce;
    /// Epoch second until which a session signer's orders stand; 0: never authorized, or revoked.
    mapping(address => uint256) public sessionSignerAuthorizedUntil;

    modifier onlyItself() {
        if (msg.sender != address(this)) revert OnlyOwner();
        _;
    }

    /// Anybody may carry a batch here; the owner's signature decides.
    function execute(uint256 nonce_, uint256 deadline, Call[] calldata calls, bytes calldata signature)
        external
    {
        if (block.timestamp > deadline) revert BatchExpired();
        if (nonce_ != nonce) revert WrongNonce(nonce);
        ++nonce;
        bytes32 digest = hashBatch(nonce_, deadline, calls);
        if (ECDSA.recoverCalldata(digest, signature) != owner()) revert OnlyOwner();
        for (uint256 i; i < calls.length; ++i) {
            (bool done, bytes memory answer) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!done) {
                assembly {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
    }

    function authorizeSessionSigner(address signer, uint256 validUntil) external onlyItself {
        sessionSignerAuthorizedUntil[signer] = validUntil;
        emit SessionSignerAuthorized(signer, validUntil);
    }

    function revokeSessionSigner(address signer) external onlyItself {
        delete sessionSignerAuthorizedUntil[signer];
        emit SessionSignerRevoked(signer);
    }

    function owner() public view returns (address) {
        bytes memory made = LibClone.argsOnERC1967BeaconProxy(address(this));
        (, bytes32 id) = abi.decode(made, (address, bytes32));
        return address(uint160(uint256(id)));
    }

    function hashBatch(uint256 nonce_, uint256 deadline, Call[] calldata calls)
        public
        view
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            Call calldata one = calls[i];
            hashes[i] = keccak256(abi.encode(CALL_TYPE, one.target, one.value, keccak256(one.data)));
        }
        bytes32 joined = keccak256(abi.encodePacked(hashes));
        return _hashTypedData(
            keccak256(abi.encode(BATCH_TYPE, address(this), nonce_, deadline, joined))
        );
    }

    /// Who must have signed what `isValidSignature` was called with: a wrapped signature names its
    /// session signer, any other must be the owner's. Zero, if that session has ended.
    function _erc1271Signer() internal view override returns (address) {
        (, bytes memory signature) = abi.decode(msg.data[4:], (bytes32, bytes));
        if (signature.length < 128) return owner();
        bytes32 first;
        bytes32 last;
        assembly {
            first := mload(add(signature, 32))
            last := mload(add(signature, mload(signature)))
        }
        if (last != SESSION_MARK) return owner();
        address signer = address(uint160(uint256(first)));
        return sessionSignerAuthorizedUntil[signer] > block.timestamp ? signer : address(0);
    }

    function _erc1271IsValidSignatureViaRPC(bytes32, bytes calldata)
        internal
        pure
        override
        returns (bool)
    {
        return false; // a call from outside proves no more than a transaction does
    }

    function _domainNameAndVersionMayChange() internal pure override returns (bool) {
        return true; // without a constructor nothing was cached
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("DepositWallet", "1");
    }
}

contract WalletBeacon {
    function implementation() external pure returns (address) {
        return WALLET_IMPLEMENTATION;
    }
}

/// Puts an owner's wallet at the one address that follows from the owner.
contract WalletFactory {
    event WalletDeployed(address indexed wallet, address indexed owner);

    function BEACON() external pure returns (address) {
        return WALLET_BEACON;
    }

    function deploy(address owner) external returns (address wallet) {
        bytes memory made = abi.encode(address(this), bytes32(uint256(uint160(owner))));
        (, wallet) = LibClone.createDeterministicERC1967BeaconProxy(
            WALLET_BEACON, made, keccak256(made)
        );
        emit WalletDeployed(wallet, owner);
    }
}
