/** How the rooms of the repository may lean on each other: arrows point down only, and pure files know only pure files. */
import { isTest, type SourceFile } from "./sources.ts";

/** The first line of every pure module. */
const PURE_HEADER = "// This module is pure.";

/** What each room may import, besides itself. */
const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ["cluster", []],
  ["common", ["cluster"]],
  ["store", ["cluster", "common"]],
  ["keeper", ["cluster", "common", "store"]],
  ["sentinel", ["cluster", "common", "store"]],
  ["proxy", ["cluster", "common", "store"]],
  ["ctl", ["cluster", "common", "store"]],
]);

/** Files that have to be pure, header or not: the model and the decisions. */
const MUST_BE_PURE = [
  /^cluster\/[^/]+\.ts$/,
  /^keeper\/plan\w*\.ts$/,
  /^proxy\/route\.ts$/,
  /^sentinel\/decide\w*\.ts$/,
];

/** Whether a file has the header of a pure module. */
export function isPure(file: SourceFile): boolean {
  return file.text.startsWith(PURE_HEADER);
}

/** Files without the header that need it, and imports of pure files that aren't pure. */
export function purityProblems(files: readonly SourceFile[]): string[] {
  const pure = new Set(files.filter(isPure).map((file) => file.path));
  const missing = files.filter((file) => !isTest(file.path) && !pure.has(file.path))
    .filter((file) => MUST_BE_PURE.some((pattern) => pattern.test(file.path)))
    .map((file) => `${file.path}: has to begin with "${PURE_HEADER}"`);
  const leaks = files.filter((file) => pure.has(file.path)).flatMap((file) =>
    file.imports.filter((target) => !pure.has(target))
      .map((target) => `${file.path}: imports ${target}, which isn't pure`)
  );
  return [...missing, ...leaks];
}

/** Imports against the direction in which the rooms depend on each other. */
export function directionProblems(files: readonly SourceFile[]): string[] {
  return files.filter((file) => !isTest(file.path)).flatMap((file) => {
    const allowed = ALLOWED.get(roomOf(file.path));
    if (allowed === undefined) return [];
    return file.imports.filter((target) => target.endsWith(".ts") && !target.startsWith("types/"))
      .filter((target) => roomOf(target) !== roomOf(file.path) && !allowed.includes(roomOf(target)))
      .map((target) => `${file.path}: must not import ${target}: rooms depend downwards only`);
  });
}

/** Rooms without a `mod.ts` that begins with what the room is for. */
export function entranceProblems(files: readonly SourceFile[]): string[] {
  const rooms = [...ALLOWED.keys()].filter((room) => files.some((file) => roomOf(file.path) === room));
  return rooms.flatMap((room) => {
    const entrance = files.find((file) => file.path === `${room}/mod.ts`);
    if (entrance === undefined) return [`${room}/mod.ts: is missing`];
    const begins = /^(\/\/ This module is pure\.\n)?\/\*\*\n? \*? ?\S/.test(entrance.text);
    return begins ? [] : [`${room}/mod.ts: has to begin with a paragraph about the room`];
  });
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? "";
}
