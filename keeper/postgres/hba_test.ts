import { assertEquals } from "@std/assert";
import { formatHba, generateHbaLines, type HbaInput } from "./hba.ts";

const input: HbaInput = {
  superuser: { name: "postgres", method: "md5" },
  replication: { name: "repl", method: "trust" },
  access: "all",
  clients: null,
};

const LOCAL = ["local postgres postgres md5", "local replication repl trust"];
const FROM_EVERYWHERE = [
  "host all postgres 0.0.0.0/0 md5",
  "host replication repl 0.0.0.0/0 trust",
  "host all postgres ::0/0 md5",
  "host replication repl ::0/0 trust",
];
const DEFAULTS = ["host all all 0.0.0.0/0 md5", "host all all ::0/0 md5"];

const cases: Record<string, [Partial<HbaInput>, string[]]> = {
  "from everywhere, default lines": [{}, [...LOCAL, ...FROM_EVERYWHERE, ...DEFAULTS]],
  "the user's lines replace the default ones": [{ clients: ["host a b samehost md5"] }, [
    ...LOCAL,
    ...FROM_EVERYWHERE,
    "host a b samehost md5",
  ]],
  "an empty list of the user's: none": [{ clients: [] }, [...LOCAL, ...FROM_EVERYWHERE]],
  "closed to clients": [{ clients: "closed" }, [...LOCAL, ...FROM_EVERYWHERE]],
  "strict on a standby": [{ access: [] }, [...LOCAL, ...DEFAULTS]],
  "strict on a master: IPv4, IPv6, host name": [{ access: ["pg2.lan", "10.0.0.2", "fd00::2"], clients: [] }, [
    ...LOCAL,
    "host all postgres 10.0.0.2/32 md5",
    "host replication repl 10.0.0.2/32 trust",
    "host all postgres fd00::2/128 md5",
    "host replication repl fd00::2/128 trust",
    "host all postgres pg2.lan md5",
    "host replication repl pg2.lan trust",
  ]],
  "two dbs on one host": [{ access: ["h", "h"], clients: [] }, [
    ...LOCAL,
    "host all postgres h md5",
    "host replication repl h trust",
  ]],
  "names that need quotes": [
    {
      superuser: { name: "all", method: "md5" },
      replication: { name: "my repl", method: "md5" },
      access: [],
      clients: [],
    },
    ['local postgres "all" md5', 'local replication "my repl" md5'],
  ],
};

for (const [name, [changes, lines]] of Object.entries(cases)) {
  Deno.test(`pg_hba.conf: ${name}`, () => assertEquals(generateHbaLines({ ...input, ...changes }), lines));
}

Deno.test("pg_hba.conf: one line each", () => assertEquals(formatHba(["a", "b"]), "a\nb\n"));
