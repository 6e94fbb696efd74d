// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "solady/src/tokens/ERC20.sol";
import {IMoney} from "./Interfaces.sol";
import {OFFRAMP, ONRAMP, Operated, PUSD, USDC, USDCE} from "./Places.sol";

abstract contract SixDecimals is ERC20 {
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

/// Test dollars from nowhere; stands for USDC.e and for USDC.
contract Dollar is SixDecimals, Operated {
    function name() public view override returns (string memory) {
        return address(this) == USDC ? "USD Coin" : "USD Coin (PoS)";
    }

    function symbol() public view override returns (string memory) {
        return address(this) == USDC ? "USDC" : "USDC.e";
    }

    function mint(address to, uint256 amount) external onlyOperator {
        _mint(to, amount);
    }
}

/// The venue's collateral: every pUSD is a dollar that the onramp took.
contract Pusd is SixDecimals {
    error OnlyRamps();

    function name() public pure override returns (string memory) {
        return "Polymarket USD";
    }

    function symbol() public pure override returns (string memory) {
        return "pUSD";
    }

    function mint(address to, uint256 amount) external {
        if (msg.sender != ONRAMP) revert OnlyRamps();
        _mint(to, amount);
    }

    function burn(address from, uint256 amount) external {
        if (msg.sender != OFFRAMP) revert OnlyRamps();
        _burn(from, amount);
    }
}

error AssetNotAccepted(address asset);

/// Dollars in, pUSD out; the dollars go to the offramp, where they wait to be asked back.
contract Onramp {
    function wrap(address asset, address to, uint256 amount) external {
        if (asset != USDCE && asset != USDC) revert AssetNotAccepted(asset);
        IMoney(asset).transferFrom(msg.sender, OFFRAMP, amount);
        IMoney(PUSD).mint(to, amount);
    }
}

/// pUSD in, dollars out.
contract Offramp {
    function unwrap(address asset, address to, uint256 amount) external {
        if (asset != USDCE && asset != USDC) revert AssetNotAccepted(asset);
        IMoney(PUSD).transferFrom(msg.sender, address(this), amount);
        IMoney(PUSD).burn(address(this), amount);
        IMoney(asset).transfer(to, amount);
    }
}

/// What the outcome tokens of neg-risk CTF markets are made of.
contract WrappedCollateral is SixDecimals {
    function name() public pure override returns (string memory) {
        return "Wrapped Collateral";
    }

    function symbol() public pure override returns (string memory) {
        return "WCOL";
    }

    function wrap(address to, uint256 amount) external {
        IMoney(USDCE).transferFrom(msg.sender, address(this), amount);
        _mint(to, amount);
    }

    function unwrap(address to, uint256 amount) external {
        _burn(msg.sender, amount);
        IMoney(USDCE).transfer(to, amount);
    }
}
