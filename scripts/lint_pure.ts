/**
 * Lint plugin: what a module with the header `// This module is pure.` may not do. The type check of `scripts/pure.ts`
 * shuts out Deno, timers and the console; this shuts out what every JavaScript engine has: the clock, randomness,
 * waiting, and imports that would bring the rest back unseen.
 */

/** The first line of every pure module. */
const PURE_HEADER = "// This module is pure.";

/** Global names that read a clock or randomness, or reach outside, with what to do instead. */
const IMPURE_GLOBALS: ReadonlyMap<string, string> = new Map([
  ["Deno", "do input and output in the loop"],
  ["console", "return events; the loop logs them"],
  ["fetch", "do input and output in the loop"],
  ["performance", "take the time as an argument"],
  ["crypto", "take UIDs as arguments"],
  ["setTimeout", "return when to look again"],
  ["setInterval", "return when to look again"],
  ["queueMicrotask", "return values"],
  ["globalThis", "import what is needed"],
]);

function isPure(context: Deno.lint.RuleContext): boolean {
  return context.sourceCode.text.startsWith(PURE_HEADER);
}

function isMember(node: Deno.lint.MemberExpression, object: string, property: string): boolean {
  return node.object.type === "Identifier" && node.object.name === object &&
    node.property.type === "Identifier" && node.property.name === property;
}

function rule(visitor: (context: Deno.lint.RuleContext) => Deno.lint.LintVisitor): Deno.lint.Rule {
  return { create: (context) => isPure(context) ? visitor(context) : {} };
}

const noClockOrRandomness = rule((context) => ({
  MemberExpression(node) {
    if (isMember(node, "Date", "now")) {
      context.report({ node, message: "A pure module reads no clock: take the time as an argument." });
    }
    if (isMember(node, "Math", "random")) {
      context.report({ node, message: "A pure module draws nothing at random: take it as an argument." });
    }
    if (node.object.type === "Identifier" && IMPURE_GLOBALS.has(node.object.name)) {
      const remedy = IMPURE_GLOBALS.get(node.object.name);
      context.report({ node, message: `A pure module doesn't use ${node.object.name}: ${remedy}.` });
    }
  },
  NewExpression(node) {
    const isBareDate = node.callee.type === "Identifier" && node.callee.name === "Date" &&
      node.arguments.length === 0;
    if (isBareDate) {
      context.report({ node, message: "A pure module reads no clock: take the time as an argument." });
    }
  },
  CallExpression(node) {
    if (node.callee.type !== "Identifier") return;
    const name = node.callee.name;
    const remedy = name === "Date" ? "take the time as an argument" : IMPURE_GLOBALS.get(name);
    if (remedy !== undefined) {
      context.report({ node, message: `A pure module doesn't call ${name}: ${remedy}.` });
    }
  },
}));

const noWaiting = rule((context) => ({
  AwaitExpression(node) {
    context.report({ node, message: "A pure module waits for nothing." });
  },
  "FunctionDeclaration[async=true], FunctionExpression[async=true], ArrowFunctionExpression[async=true]"(
    node: Deno.lint.Node,
  ) {
    context.report({ node, message: "A pure module has no asynchronous functions." });
  },
}));

const onlyPureImports = rule((context) => {
  const check = (node: Deno.lint.Node, source: Deno.lint.Node | null | undefined) => {
    if (!source || source.type !== "Literal" || typeof source.value !== "string") return;
    const problem = importProblem(source.value);
    if (problem !== undefined) context.report({ node, message: problem });
  };
  return {
    ImportDeclaration: (node) => check(node, node.source),
    ExportNamedDeclaration: (node) => check(node, node.source),
    ExportAllDeclaration: (node) => check(node, node.source),
    ImportExpression(node) {
      context.report({ node, message: "A pure module imports nothing at run time." });
    },
  };
});

function importProblem(specifier: string): string | undefined {
  return /^\.{1,2}\//.test(specifier)
    ? undefined
    : `A pure module imports only pure modules, by relative path, not "${specifier}".`;
}

const plugin: Deno.lint.Plugin = {
  name: "pure",
  rules: {
    "no-clock-or-randomness": noClockOrRandomness,
    "no-waiting": noWaiting,
    "only-pure-imports": onlyPureImports,
  },
};

// The interface of lint plugins asks for a default export.
export default plugin;
