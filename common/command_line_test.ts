import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { parseFlags, type ProgramDefinition } from "./command_line.ts";
import { UsageError } from "./errors.ts";

const program: ProgramDefinition = {
  name: "stolon-test",
  envPrefix: "STTEST_",
  summary: "a program of the tests",
  flags: [
    { name: "uid", kind: "string", description: "who" },
    { name: "data-dir", kind: "string", description: "where", required: true },
    { name: "can-be-master", kind: "boolean", description: "may", default: true },
    { name: "pg-port", kind: "integer", description: "port", default: 5432 },
    { name: "log-level", kind: "string", choices: ["info", "warn"], default: "info", description: "level" },
  ],
};

const withCommands: ProgramDefinition = {
  name: "stolontestctl",
  envPrefix: "STTESTCTL_",
  summary: "commands",
  flags: [
    { name: "cluster-name", kind: "string", description: "name", required: true },
    { name: "debug", kind: "boolean", description: "more" },
  ],
  commands: [
    {
      name: "status",
      summary: "shows",
      flags: [{ name: "format", short: "f", kind: "string", description: "f" }],
    },
    {
      name: "clusterdata read",
      summary: "reads",
      flags: [{ name: "pretty", kind: "boolean", description: "p" }],
    },
    {
      name: "init",
      summary: "inits",
      arguments: [{ name: "spec", description: "the spec", required: false }],
      flags: [{ name: "yes", short: "y", kind: "boolean", description: "sure" }],
    },
    { name: "version", summary: "version", needsProgramFlags: false },
  ],
};

const usage = (argv: string[], of = program) => assertThrows(() => parseFlags(of, argv), UsageError).message;

Deno.test("values stay strings, whatever they look like", () => {
  for (const uid of ["00123456", "12e45678", "-x", "a b", "0"]) {
    assertEquals(parseFlags(program, ["--data-dir=/x", `--uid=${uid}`]).string("uid"), uid);
    assertEquals(parseFlags(program, ["--data-dir", "/x", "--uid", uid]).string("uid"), uid);
  }
});

Deno.test("booleans stand alone, with = or before a word", () => {
  const value = (...words: string[]) =>
    parseFlags(program, ["--data-dir=x", ...words]).boolean("can-be-master");
  assert(value());
  assertFalse(value("--can-be-master=false"));
  assertFalse(value("--can-be-master", "false"));
  assert(value("--can-be-master"));
  assertStringIncludes(usage(["--data-dir=x", "--can-be-master=maybe"]), "--can-be-master");
});

Deno.test("the environment counts where no flag is given, an empty variable not at all", () => {
  Deno.env.set("STTEST_UID", "fromenv");
  Deno.env.set("STTEST_PG_PORT", "");
  Deno.env.set("STTEST_CAN_BE_MASTER", "false");
  try {
    const flags = parseFlags(program, ["--data-dir=x"]);
    assertEquals(flags.string("uid"), "fromenv");
    assert(flags.given("uid"));
    assertEquals(flags.integer("pg-port"), 5432);
    assertFalse(flags.given("pg-port"));
    assertFalse(flags.boolean("can-be-master"));
    assertEquals(parseFlags(program, ["--data-dir=x", "--uid=flag"]).string("uid"), "flag");
  } finally {
    for (const name of ["UID", "PG_PORT", "CAN_BE_MASTER"]) Deno.env.delete(`STTEST_${name}`);
  }
});

Deno.test("what is wrong is one line that names it and helps", () => {
  assertEquals(
    usage(["--data-dri=/x"]),
    "unknown option '--data-dri' (Did you mean --data-dir?); see stolon-test --help",
  );
  assertStringIncludes(usage([]), "--data-dir is required (or STTEST_DATA_DIR)");
  assertStringIncludes(usage(["--data-dir=x", "--pg-port=x"]), "pg-port");
  assertStringIncludes(usage(["--data-dir=x", "--log-level=loud"]), "Allowed choices are info, warn.");
  assertStringIncludes(usage(["--data-dir=x", "more"]), "too many arguments");
  assertStringIncludes(usage([], withCommands), "no command given");
  assertStringIncludes(usage(["stauts", "--cluster-name=c"], withCommands), "status");
});

Deno.test("flags of the program stand before or after the subcommand", () => {
  for (
    const words of [
      ["--cluster-name=c", "--debug", "clusterdata", "read", "--pretty"],
      ["clusterdata", "read", "--pretty", "--cluster-name", "c", "--debug"],
    ]
  ) {
    const flags = parseFlags(withCommands, words);
    assertEquals(flags.command, "clusterdata read");
    assertEquals(flags.requiredString("cluster-name"), "c");
    assert(flags.boolean("debug"));
    assert(flags.boolean("pretty"));
  }
  assertEquals(parseFlags(withCommands, ["--", "version"]).command, "version");
  const init = parseFlags(withCommands, ["init", "--cluster-name=c", "-y", '{"initMode":"new"}']);
  assertEquals(init.arguments, ['{"initMode":"new"}']);
  assert(init.boolean("yes"));
});
