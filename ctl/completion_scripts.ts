// This module is pure.
/** Completion scripts for shells, written from the command line's own definition. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

export interface CompletionFlag {
  /** With dashes; the long one first. */
  readonly names: readonly string[];
  readonly description: string;
  /** False: it stands alone. */
  readonly takesValue: boolean;
  /** The values it may have, if they are few. */
  readonly choices: readonly string[];
}

export interface CompletionCommand {
  /** As `clusterdata read`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly CompletionFlag[];
  /** What its first argument may be: these words, or the uids of the cluster's keepers. */
  readonly argument: readonly string[] | "keeper";
}

export interface CompletionModel {
  readonly program: string;
  readonly flags: readonly CompletionFlag[];
  readonly commands: readonly CompletionCommand[];
}

/** The script for a shell. */
export function completionScript(shell: Shell, model: CompletionModel): string {
  switch (shell) {
    case "bash":
      return bashScript(model);
    case "zsh":
      // Zsh runs bash's completions through its own bridge.
      return `#compdef ${model.program}\nautoload -U +X compinit && compinit -u\nautoload -U +X bashcompinit && bashcompinit\n\n${
        bashScript(model)
      }`;
    case "fish":
      return fishScript(model);
  }
}

function bashScript(model: CompletionModel): string {
  const { program, flags, commands } = model;
  const everyFlag = [...flags, ...commands.flatMap((command) => command.flags)];
  const valued = names(everyFlag.filter((flag) => flag.takesValue));
  const choices = [
    ...choiceCases(flags, "*"),
    ...commands.flatMap((command) => choiceCases(command.flags, `"${command.words}"`)),
  ];
  const cases = wordCases(commands).map(([before, after]) =>
    `      "${before}") words="${after.join(" ")}" ;;`
  );
  const flagCases = commands.map(({ words, flags: own }) =>
    `      "${words}") words="$words ${names(own).join(" ")}" ;;`
  );
  return `# Completion of ${program} for bash.
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command="" words="" i
  [[ $cur == "=" ]] && cur=""
  [[ $prev == "=" ]] && prev=\${COMP_WORDS[COMP_CWORD - 2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${valued.join("|")})
        [[ \${COMP_WORDS[i + 1]} == "=" ]] && i=$((i + 1))
        i=$((i + 1)) ;;
      -*|=) ;;
      *) command="$command\${command:+ }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command:$prev" in
${choices.join("\n")}
    ${valued.map((name) => `*:${name}`).join("|")}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  if [[ -z $words && $cur == -* ]]; then
    words="${names(flags).join(" ")} --help"
    case $command in
${flagCases.join("\n")}
    esac
  elif [[ -z $words ]]; then
    case $command in
${cases.join("\n")}
      ${commands.filter(({ argument }) => argument === "keeper").map(({ words }) => `"${words}"`).join("|")})
        words=$(${KEEPER_UIDS.replace("PROGRAM", '"${COMP_WORDS[0]}"')}) ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${program} ${program}`;
}

function choiceCases(flags: readonly CompletionFlag[], command: string): string[] {
  return flags.filter((flag) => flag.choices.length > 0).flatMap((flag) =>
    flag.names.map((name) => `    ${command}:${name}) words="${flag.choices.join(" ")}" ;;`)
  );
}

/** Asks the cluster itself, where environment variables say which; says nothing when it cannot. */
const KEEPER_UIDS =
  `PROGRAM status -f json 2>/dev/null | sed -n '/"keepers"/,/\\]/s/.*"uid": "\\([^"]*\\)".*/\\1/p'`;

/** Which words may follow which. */
function wordCases(commands: readonly CompletionCommand[]): [before: string, after: readonly string[]][] {
  const following = new Map<string, string[]>();
  for (const { words, argument } of commands) {
    const parts = words.split(" ");
    for (const [index, part] of parts.entries()) {
      const before = parts.slice(0, index).join(" ");
      following.set(before, distinct([...following.get(before) ?? [], part]));
    }
    if (argument !== "keeper" && argument.length > 0) following.set(words, [...argument]);
  }
  return [...following];
}

function fishScript(model: CompletionModel): string {
  const { program, flags, commands } = model;
  const conditions = commands.flatMap(({ words, summary }) => {
    const [first = "", second] = words.split(" ");
    if (second === undefined) return [fishLine(program, `-n __fish_use_subcommand -a ${first}`, summary)];
    return [
      fishLine(program, `-n __fish_use_subcommand -a ${first}`, ""),
      fishLine(
        program,
        `-n "__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${second}" -a ${second}`,
        summary,
      ),
    ];
  });
  return [
    `# Completion of ${program} for fish.`,
    `complete -c ${program} -f`,
    ...distinct(conditions),
    ...flags.map((flag) => fishFlag(program, { flag, condition: "" })),
    ...commands.flatMap((command) => fishCommandLines(program, command)),
  ].join("\n");
}

function fishCommandLines(program: string, { words, flags, argument }: CompletionCommand): string[] {
  const seen = words.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
  const condition = `-n "${seen}" `;
  const values = argument === "keeper" ? `(${KEEPER_UIDS.replace("PROGRAM", program)})` : argument.join(" ");
  return [
    ...flags.map((flag) => fishFlag(program, { flag, condition })),
    ...values === "" ? [] : [`complete -c ${program} ${condition}-a ${fishQuote(values)}`],
  ];
}

function fishFlag(program: string, { flag, condition }: { flag: CompletionFlag; condition: string }): string {
  const words = flag.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
  );
  const values = flag.choices.length > 0
    ? ` -x -a ${fishQuote(flag.choices.join(" "))}`
    : flag.takesValue
    ? " -r -F"
    : "";
  return fishLine(program, `${condition}${words.join(" ")}${values}`, flag.description);
}

function fishLine(program: string, what: string, description: string): string {
  return `complete -c ${program} ${what}${description === "" ? "" : ` -d ${fishQuote(description)}`}`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function names(flags: readonly CompletionFlag[]): string[] {
  return distinct(flags.flatMap((flag) => flag.names));
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
