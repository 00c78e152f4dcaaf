/**
 * Command lines over commander: `--name value` or `--name=value`, an environment variable for every flag (the flag wins,
 * an empty variable counts as unset), one clear line for what is wrong. Values stay strings until they are asked for.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { UsageError } from "./errors.ts";
import { VERSION } from "./version.ts";

const NOT_ALLOWED = false;

export interface FlagDefinition {
  /** Without dashes, as `data-dir`. */
  readonly name: string;
  /** One letter, where there is one. */
  readonly short?: string;
  readonly kind: "string" | "boolean" | "integer";
  readonly description: string;
  readonly default?: string | boolean | number;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** Accepted but not shown. */
  readonly hidden?: boolean;
  /** Name of the value in help, as `FILE`. */
  readonly placeholder?: string;
}

export interface ArgumentDefinition {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

export interface CommandDefinition {
  /** Words that call it, as `clusterdata read`. */
  readonly name: string;
  readonly summary: string;
  readonly arguments?: readonly ArgumentDefinition[];
  readonly flags?: readonly FlagDefinition[];
  readonly examples?: readonly string[];
  /** False: the program's required flags need not be given, as for `version`. */
  readonly needsProgramFlags?: boolean;
  readonly hidden?: boolean;
}

export interface ProgramDefinition {
  /** As the executable is called, `stolon-keeper`. */
  readonly name: string;
  /** As `STKEEPER_`. */
  readonly envPrefix: string;
  readonly summary: string;
  readonly flags: readonly FlagDefinition[];
  readonly examples?: readonly string[];
  /** Subcommands; a program with any needs one to be named. */
  readonly commands?: readonly CommandDefinition[];
  /** What the first words of longer commands mean, by word: `clusterdata`. */
  readonly groups?: Readonly<Record<string, string>>;
}

/** What was asked for. */
export interface ParsedFlags {
  /** Name of the subcommand, empty for programs without. */
  readonly command: string;
  readonly arguments: readonly string[];
  /** Undefined when neither given nor defaulted. */
  string(name: string): string | undefined;
  /** For flags with a default or declared as required. */
  requiredString(name: string): string;
  boolean(name: string): boolean;
  integer(name: string): number;
  /** True when it stands on the command line or in the environment. */
  given(name: string): boolean;
}

/** `--help` or `--version` was asked for and has been answered. */
export class AnsweredError extends Error {
  override readonly name = "AnsweredError";
}

/**
 * Parses `argv` (without the program's own name) and the process environment.
 *
 * @throws {UsageError} with one clear line
 * @throws {AnsweredError} when help or version was printed
 */
export function parseFlags(program: ProgramDefinition, argv: readonly string[]): ParsedFlags {
  let parsed: ParsedFlags | undefined;
  const root = buildProgram(program, (flags) => parsed = flags);
  const words = normalizeArguments(allFlags(program), argv[0] === "--" ? argv.slice(1) : argv);
  withoutEmptyVariables(program);
  try {
    root.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) throw new AnsweredError("", { cause: error });
    throw new UsageError(usageMessage(program, error), { cause: error });
  }
  if (parsed === undefined) {
    throw new TypeError(`${program.name}: nothing was parsed from ${words.length} words`);
  }
  return parsed;
}

/** The program as commander sees it; for shell completion and help pages. */
export function buildProgram(program: ProgramDefinition, onParsed: (flags: ParsedFlags) => void): Command {
  const root = new Command(program.name).description(program.summary);
  root.version(`${program.name} ${VERSION}`, "--version", "print the version and exit");
  root.helpOption("-h, --help", "print this help and exit");
  addOptions(root, program.flags, program.envPrefix);
  addExamples(root, program.examples);
  prepare(root);
  if (program.commands === undefined) {
    root.action(() => onParsed(readFlags(root, { program, command: undefined })));
    return root;
  }
  root.helpCommand(NOT_ALLOWED);
  for (const definition of program.commands) addCommand(root, { program, definition, onParsed });
  return root;
}

function addCommand(root: Command, options: {
  readonly program: ProgramDefinition;
  readonly definition: CommandDefinition;
  readonly onParsed: (flags: ParsedFlags) => void;
}): void {
  const { program, definition, onParsed } = options;
  const words = definition.name.split(" ");
  let parent = root;
  for (const word of words.slice(0, -1)) {
    parent = parent.commands.find((command) => command.name() === word) ??
      prepare(parent.command(word).description(program.groups?.[word] ?? ""));
  }
  const command = parent.command(words.at(-1) ?? "", { hidden: definition.hidden ?? false });
  prepare(command.description(definition.summary));
  for (const argument of definition.arguments ?? []) {
    command.argument(argument.required ? `<${argument.name}>` : `[${argument.name}]`, argument.description);
  }
  addOptions(command, definition.flags ?? [], program.envPrefix);
  addExamples(command, definition.examples);
  command.addHelpText("after", `\nWhich cluster, which store and how to log: see ${program.name} --help`);
  command.action(() => onParsed(readFlags(command, { program, command: definition })));
}

function prepare(command: Command): Command {
  return command.exitOverride().allowExcessArguments(NOT_ALLOWED).showSuggestionAfterError()
    .configureOutput({ outputError: () => {}, writeErr: () => {} });
}

function addExamples(command: Command, examples: readonly string[] | undefined): void {
  if (examples === undefined || examples.length === 0) return;
  command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}`);
}

function addOptions(command: Command, flags: readonly FlagDefinition[], envPrefix: string): void {
  for (const flag of flags) command.addOption(buildOption(flag, envPrefix));
}

function buildOption(flag: FlagDefinition, envPrefix: string): Option {
  const dashes = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
  const placeholder = flag.placeholder ??
    (flag.kind === "integer" ? "number" : flag.choices?.join("|") ?? "value");
  const description = flag.required ? `${flag.description} (required)` : flag.description;
  const option = flag.kind === "boolean"
    ? new Option(`${dashes} [bool]`, description).argParser(parseBoolean)
    : new Option(`${dashes} <${placeholder}>`, description);
  if (flag.kind === "integer") option.argParser(parseInteger);
  if (flag.choices !== undefined) option.choices(flag.choices);
  if (flag.default !== undefined) option.default(flag.default);
  if (flag.hidden) option.hideHelp();
  return option.env(variableName(flag.name, envPrefix));
}

/** The environment variable of a flag: `STKEEPER_PG_SU_PASSWORD`. */
export function variableName(flagName: string, envPrefix: string): string {
  return envPrefix + flagName.replaceAll("-", "_").toUpperCase();
}

function parseBoolean(text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new InvalidArgumentError("It must be true or false.");
}

function parseInteger(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

function readFlags(
  command: Command,
  definition: { readonly program: ProgramDefinition; readonly command: CommandDefinition | undefined },
): ParsedFlags {
  const { program } = definition;
  const required = definition.command?.needsProgramFlags === false ? [] : program.flags;
  for (const flag of [...required, ...definition.command?.flags ?? []]) {
    if (!flag.required || lookUp(command, flag.name).value !== undefined) continue;
    throw new UsageError(`--${flag.name} is required (or ${variableName(flag.name, program.envPrefix)})`);
  }
  return flagsOf(command, definition.command?.name ?? "");
}

function flagsOf(command: Command, name: string): ParsedFlags {
  const value = <T>(flag: string, type: string): T | undefined => {
    const found = lookUp(command, flag).value;
    if (found !== undefined && typeof found !== type) throw new TypeError(`--${flag} is no ${type}`);
    return found as T | undefined;
  };
  const required = <T>(flag: string, type: string): T => {
    const found = value<T>(flag, type);
    if (found === undefined) throw new UsageError(`--${flag} is required`);
    return found;
  };
  return {
    command: name,
    arguments: command.args,
    string: (flag) => value<string>(flag, "string"),
    requiredString: (flag) => required<string>(flag, "string"),
    boolean: (flag) => value<boolean>(flag, "boolean") ?? false,
    integer: (flag) => required<number>(flag, "number"),
    given: (flag) => ["cli", "env"].includes(lookUp(command, flag).source ?? ""),
  };
}

/** A flag may stand before or after the subcommand: the nearest command that declares it holds the value. */
function lookUp(command: Command, flag: string): { value: unknown; source: string | undefined } {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const option = at.options.find((candidate) => candidate.long === `--${flag}`);
    if (option === undefined) continue;
    const key = option.attributeName();
    return { value: at.getOptionValue(key), source: at.getOptionValueSource(key) };
  }
  throw new TypeError(`no flag --${flag} is declared`);
}

function allFlags(program: ProgramDefinition): FlagDefinition[] {
  return [...program.flags, ...(program.commands ?? []).flatMap((command) => command.flags ?? [])];
}

/**
 * An optional value would swallow the subcommand (`stolonctl --debug status`), and a value glued to a misspelt name
 * would hide the suggestion: both are put straight before commander sees them.
 */
function normalizeArguments(flags: readonly FlagDefinition[], argv: readonly string[]): string[] {
  const booleans = new Set(
    flags.filter((flag) => flag.kind === "boolean")
      .flatMap((flag) => [`--${flag.name}`, ...flag.short === undefined ? [] : [`-${flag.short}`]]),
  );
  const taking = new Set(
    flags.filter((flag) => flag.kind !== "boolean")
      .flatMap((flag) => [`--${flag.name}`, ...flag.short === undefined ? [] : [`-${flag.short}`]]),
  );
  const known = new Set([...booleans, ...taking, "--help", "--version"]);
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const next = argv[at + 1];
    if (word === "--") return [...words, ...argv.slice(at)];
    if (taking.has(word) && next !== undefined) {
      words.push(word, next);
      at++;
    } else if (booleans.has(word)) {
      const follows = next === "true" || next === "false";
      words.push(`${longName(flags, word)}=${follows ? next : "true"}`);
      if (follows) at++;
    } else if (word.startsWith("--") && word.includes("=") && !known.has(word.slice(0, word.indexOf("=")))) {
      words.push(word.slice(0, word.indexOf("=")));
    } else {
      words.push(word);
    }
  }
  return words;
}

function longName(flags: readonly FlagDefinition[], word: string): string {
  const flag = flags.find((candidate) => `-${candidate.short}` === word);
  return flag === undefined ? word : `--${flag.name}`;
}

function withoutEmptyVariables(program: ProgramDefinition): void {
  for (const flag of allFlags(program)) {
    const name = variableName(flag.name, program.envPrefix);
    if (Deno.env.get(name) === "") Deno.env.delete(name);
  }
}

function usageMessage(program: ProgramDefinition, error: CommanderError): string {
  if (error.code === "commander.help") return `no command given; see ${program.name} --help`;
  const text = error.message.replace(/^error: /, "").trim().replaceAll(/\s*\n\s*/g, " ");
  return `${text}; see ${program.name} --help`;
}
