/** The repository's TypeScript files and what they import, for the checks of `ok.ts`. */

export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Relative imports as paths of the repository, others as they are written. */
  readonly imports: readonly string[];
}

const SKIPPED = new Set(["node_modules", ".git", "coverage", "npm"]);
const NAMES = String.raw`[\w\s,{}*$]+`;
const IMPORT = new RegExp(
  String.raw`(?:^|[\n;])\s*(?:import\s+(?:${NAMES}\sfrom\s+)?|export\s+${NAMES}\sfrom\s+)["']([^"'\n]+)["']` +
    String.raw`|\bimport\(\s*["']([^"'\n]+)["']`,
  "g",
);

/** All TypeScript files below the repository's folder, sorted by path. */
export function readSources(root: string): SourceFile[] {
  return walk(root, "").sort().map((path) => {
    const text = Deno.readTextFileSync(`${root}/${path}`);
    return { path, text, imports: importsOf(path, text) };
  });
}

function walk(root: string, folder: string): string[] {
  return [...Deno.readDirSync(`${root}/${folder}`)].flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) return walk(root, path);
    return entry.isFile && path.endsWith(".ts") ? [path] : [];
  });
}

/** What a file imports or re-exports, comments left out. */
export function importsOf(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map((match) => resolve(path, match[1] ?? match[2] ?? ""));
}

function resolve(importer: string, specifier: string): string {
  if (!/^\.{1,2}\//.test(specifier)) return specifier;
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

/** Whether this is a file of tests, or only used by tests. */
export function isTest(path: string): boolean {
  return path.endsWith("_test.ts") || path.startsWith("tests/");
}
