// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Where everything stands: the addresses of production, on a chain of our own.
//
// None of these contracts has a constructor or needs storage to begin with, so putting the
// runtime code at the address is all there is to do. They model what Polymarket documents of its
// own (functions, events, signatures, who may do what) so that clients and log readers can be
// tested; they are not those contracts, and not safe for money.
address constant PUSD = 0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB;
address constant USDCE = 0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174;
address constant USDC = 0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359;
address constant ONRAMP = 0x93070a847efEf7F70739046A929D47a521F5B8ee;
address constant OFFRAMP = 0x2957922Eb93258b93368531d39fAcCA3B4dC5854;
address constant CONDITIONAL_TOKENS = 0x4D97DCd97eC945f40cF65F87097ACe5EA0476045;
address constant WRAPPED_COLLATERAL = 0x3A3BD7bb9528E159577F7C2e685CC81A765002E2;
address constant COLLATERAL_ADAPTER = 0xAdA100Db00Ca00073811820692005400218FcE1f;
address constant NEG_RISK_COLLATERAL_ADAPTER = 0xadA2005600Dec949baf300f4C6120000bDB6eAab;
address constant EXCHANGE_V3 = 0xe3333700cA9d93003F00f0F71f8515005F6c00Aa;
address constant POSITION_MANAGER = 0x006F54F7f9A22e0000CC2AB60031000000ae9fEF;
address constant ROUTER = 0x12121212006e4CD160D18e3f00711DA5c3372600;
address constant BINARY_MODULE = 0x1000008dD9001B968442c1000017eaE6E0dA00Ba;
address constant NEG_RISK_MODULE = 0x200000900045e3B6259600682756002200028933;
address constant WALLET_BEACON = 0x7A18EDfe055488A3128f01F563e5B479D92ffc3a;
address constant WALLET_IMPLEMENTATION = 0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB;

// Settles matches, resolves markets, makes test money: the first of anvil's well-known accounts.
address constant OPERATOR = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
// Takes the fees: the second of them.
address constant FEE_RECEIVER = 0x70997970C51812dc3A010C7d01b50e0d17dc79C8;

error OnlyOperator();

abstract contract Operated {
    modifier onlyOperator() {
        if (msg.sender != OPERATOR) revert OnlyOperator();
        _;
    }
}
