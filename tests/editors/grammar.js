// Whether the TextMate grammar colours scripts whole: each letter has a colour, nothing is invalid, and
// what is open at the end of a line is closed at the end of the file.
//
// usage: node grammar.js GRAMMAR SCRIPT…     NODE_PATH names vscode-textmate and vscode-oniguruma

"use strict";

const fs = require("node:fs");
const oniguruma = require("vscode-oniguruma");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");

const [, , grammarFile, ...scripts] = process.argv;

/** Small texts, and a scope that a part of each must have. */
const CASES = [
  ["#!/usr/bin/env whmcsh", "env", "comment"],
  ["/// Closes it.", "Closes", "comment.line.documentation"],
  ["/* a /* b */ c */ d", "c", "comment.block"],
  ["/* a /* b */ c */ d", "d", "variable.other"],
  ['"a ${b}"', "b", "string.quoted.double"],
  ["`a ${b + `c`} d`", "b", "variable.other"],
  ["`a ${b} d`", "d", "string.interpolated"],
  ['#"a "b" c"#', "b", "string.quoted.other.raw"],
  ["'\\n'", "n", "string.quoted.single"],
  ["add_client(#{ email: x })", "add_client", "entity.name.function"],
  ["add_client(#{ email: x })", "email", "variable.other.property"],
  ["client.email", "email", "variable.other.property"],
  ["client?.email", "email", "variable.other.property"],
  ["reply.in", "in", "variable.other.property"],
  ["lib::go(1)", "lib", "entity.name.namespace"],
  ["0x_ff + 1_000.50 + 1e-3", "0x_ff", "constant.numeric.hex"],
  ["0x_ff + 1_000.50 + 1e-3", "1_000.50", "constant.numeric.decimal"],
  ["1..5", "..", "keyword.operator.range"],
  ["for x in y", "in", "keyword.control"],
  ["fn go(x) {}", "go", "entity.name.function"],
  ['import "a" as b;', "b", "entity.name.namespace"],
];

async function main() {
  const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(grammarFile, "utf8"), grammarFile),
  });
  const grammar = await registry.loadGrammar("source.rhai");
  const wrong = [];
  let letters = 0;
  for (const script of scripts) {
    let stack = INITIAL;
    const lines = fs.readFileSync(script, "utf8").split("\n");
    for (const [number, line] of lines.entries()) {
      const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
      stack = ruleStack;
      for (const { startIndex, endIndex, scopes } of tokens) {
        const text = line.slice(startIndex, endIndex).trim();
        letters += text.length;
        const own = scopes.filter((scope) => !/^(source|meta)\./.test(scope));
        if (text && (own.length === 0 || own.some((scope) => scope.startsWith("invalid")))) {
          wrong.push(`${script}:${number + 1}: no colour for ${JSON.stringify(text)}`);
        }
      }
    }
    if (stack.depth !== 1) {
      wrong.push(`${script}: something is still open at its end`);
    }
  }
  for (const [line, part, wanted] of CASES) {
    const { tokens } = grammar.tokenizeLine(line, INITIAL);
    const at = line.indexOf(part);
    const token = tokens.find(({ startIndex, endIndex }) => startIndex <= at && at < endIndex);
    if (!token.scopes.some((scope) => scope.startsWith(wanted))) {
      wrong.push(`${line}: ${part} is ${token.scopes.join(" ")}, not ${wanted}`);
    }
  }
  if (wrong.length > 0) {
    console.error(wrong.join("\n"));
    process.exit(1);
  }
  console.log(`${scripts.length} scripts, ${letters} letters, ${CASES.length} cases`);
}

main();
