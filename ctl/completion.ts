import type { CommandDefinition, FlagDefinition, ProgramDefinition } from "../common/command_line.ts";
import { UsageError } from "../common/errors.ts";
import type { Subcommand } from "./command.ts";
import { type CompletionFlag, type CompletionModel, completionScript, SHELLS } from "./completion_scripts.ts";
import { KEEPER_ARGUMENT } from "./keeper_argument.ts";

/** Prints a completion script; the program is asked for only when it runs, for it contains this subcommand. */
export function completion(program: () => ProgramDefinition): Subcommand {
  return {
    definition: {
      name: "completion",
      summary: `print a completion script for ${SHELLS.join(", ")}`,
      arguments: [{ name: "shell", description: `one of ${SHELLS.join(", ")}`, required: true }],
      needsProgramFlags: false,
      examples: [
        "source <(stolonctl completion bash)",
        'stolonctl completion zsh > "${fpath[1]}/_stolonctl"',
        "stolonctl completion fish > ~/.config/fish/completions/stolonctl.fish",
      ],
    },
    run: ({ flags, console }) => {
      const shell = SHELLS.find((name) => name === flags.arguments[0]);
      if (shell === undefined) {
        throw new UsageError(
          `there is no completion for "${flags.arguments[0]}": one of ${SHELLS.join(", ")}`,
        );
      }
      console.print(completionScript(shell, completionModel(program())));
      return Promise.resolve();
    },
  };
}

function completionModel(program: ProgramDefinition): CompletionModel {
  return {
    program: program.name,
    flags: program.flags.filter((flag) => !flag.hidden).map(completionFlag),
    commands: (program.commands ?? []).filter((command) => !command.hidden).map((command) => ({
      words: command.name,
      summary: command.summary,
      flags: (command.flags ?? []).filter((flag) => !flag.hidden).map(completionFlag),
      argument: argumentOf(command),
    })),
  };
}

function argumentOf(command: CommandDefinition): readonly string[] | "keeper" {
  if (command.arguments?.includes(KEEPER_ARGUMENT)) return "keeper";
  return command.name === "completion" ? SHELLS : [];
}

function completionFlag(flag: FlagDefinition): CompletionFlag {
  return {
    names: [`--${flag.name}`, ...flag.short === undefined ? [] : [`-${flag.short}`]],
    description: flag.description,
    takesValue: flag.kind !== "boolean",
    choices: flag.choices ?? [],
  };
}
