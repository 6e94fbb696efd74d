// Writes the runtime code of every contract of this folder as JSON to standard output.
//   node contracts/compile.js > bot/sandbox/chain/contracts.json
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const modules = path.join(__dirname, "..", "node_modules");
const own = fs.readdirSync(__dirname).filter((name) => name.endsWith(".sol"));
const read = (name) => fs.readFileSync(path.join(name.startsWith("solady/") ? modules : __dirname, name), "utf8");

const output = JSON.parse(solc.compile(JSON.stringify({
  language: "Solidity",
  sources: Object.fromEntries(own.map((name) => [name, { content: read(name) }])),
  settings: {
    evmVersion: "cancun",
    metadata: { appendCBOR: false },
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["evm.deployedBytecode.object"] } },
    viaIR: true,
  },
}), { import: (name) => ({ contents: read(name) }) }));

const problems = (output.errors || []).filter((problem) => problem.severity === "error");
for (const problem of problems) console.error(problem.formattedMessage);
if (problems.length) process.exit(1);

const code = {};
for (const name of own) {
  for (const [contract, made] of Object.entries(output.contracts[name] || {})) {
    const runtime = made.evm.deployedBytecode.object;
    if (runtime) code[contract] = "0x" + runtime;
  }
}
console.log(JSON.stringify(Object.fromEntries(Object.entries(code).sort()), null, 0).replace(/","/g, '",\n"').replace("{", "{\n").replace("}", "\n}"));
