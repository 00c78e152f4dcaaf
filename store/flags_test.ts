import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../common/command_line.ts";
import { STORE_FLAGS } from "../common/common_flags.ts";
import { UsageError } from "../common/errors.ts";
import { storeOptionsFromFlags } from "./flags.ts";
import type { StoreOptions } from "./options.ts";

const PROGRAM = { name: "stolon-test", envPrefix: "STSTORETEST_", summary: "test", flags: STORE_FLAGS };

function optionsOf(...argv: readonly string[]): StoreOptions {
  return storeOptionsFromFlags(parseFlags(PROGRAM, ["--cluster-name=c", ...argv]));
}

async function withFiles(
  files: Readonly<Record<string, string>>,
  run: (path: (name: string) => string) => void,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "flags-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(directory, name), text);
    run((name) => join(directory, name));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("what is not given has the defaults of the command line", () => {
  assertEquals(optionsOf("--store-backend=etcdv3"), {
    backend: "etcdv3",
    endpoints: [],
    prefix: "stolon/cluster",
    clusterName: "c",
    timeoutMs: 5000,
    tls: { skipVerify: false },
  });
});

Deno.test("endpoints, prefix and timeout are taken as given", () => {
  const options = optionsOf(
    "--store-backend=consul",
    "--store-endpoints=http://a:8501, b:8500,",
    "--store-prefix=/x/y",
    "--store-timeout=1m30s",
    "--store-skip-tls-verify",
  );
  assertEquals(options.endpoints, ["http://a:8501", "b:8500"]);
  assertEquals([options.prefix, options.timeoutMs, options.tls], ["/x/y", 90_000, { skipVerify: true }]);
});

Deno.test("files are read: certificates, key and password", async () => {
  const files = { ca: "CA", cert: "CERT", key: "KEY", password: "secret\r\n" };
  await withFiles(files, (path) => {
    const options = optionsOf(
      "--store-backend=etcdv3",
      `--store-ca-file=${path("ca")}`,
      `--store-cert-file=${path("cert")}`,
      `--store-key=${path("key")}`,
      "--store-username=u",
      `--store-passwordfile=${path("password")}`,
    );
    assertEquals(options.tls, { ca: "CA", cert: "CERT", key: "KEY", skipVerify: false });
    assertEquals(options.credentials, { username: "u", password: "secret" });
  });
});

const REFUSED: Readonly<Record<string, readonly [readonly string[], string]>> = {
  "an unknown backend": [["--store-backend=redis"], "etcdv3, consul, sqlite"],
  "etcd's second version": [["--store-backend=etcdv2"], "not supported"],
  "etcd without a version": [["--store-backend=etcd"], "supported are etcdv3, consul, sqlite"],
  "kubernetes": [["--store-backend=kubernetes"], "not supported"],
  "sqlite without a file": [["--store-backend=sqlite"], "--store-endpoints"],
  "sqlite with two files": [["--store-backend=sqlite", "--store-endpoints=/a,/b"], "one --store-endpoints"],
  "a timeout without a unit": [["--store-backend=etcdv3", "--store-timeout=5"], "--store-timeout"],
  "a timeout of nothing": [["--store-backend=etcdv3", "--store-timeout=0s"], "greater than 0"],
  "a user without a password": [["--store-backend=etcdv3", "--store-username=u"], "--store-passwordfile"],
  "a key without a certificate": [["--store-backend=etcdv3", "--store-key=/dev/null"], "--store-cert-file"],
  "a file that is not there": [["--store-backend=etcdv3", "--store-ca-file=/none"], "--store-ca-file, /none"],
  "an endpoint of a scheme that is none": [
    ["--store-backend=etcdv3", "--store-endpoints=ftp://a"],
    "ftp://a",
  ],
  "an endpoint that is no address": [["--store-backend=consul", "--store-endpoints=http://"], "http://"],
  "http and https at once": [["--store-backend=etcdv3", "--store-endpoints=http://a,https://b"], "https"],
};

for (const [name, [argv, message]] of Object.entries(REFUSED)) {
  Deno.test(`${name} is refused with one clear line`, () => {
    const error = assertThrows(() => optionsOf(...argv), UsageError, message);
    assert(!error.message.includes("\n"), error.message);
  });
}

Deno.test("Consul's token comes from its own variable, and only for Consul", () => {
  const before = Deno.env.get("CONSUL_HTTP_TOKEN");
  Deno.env.set("CONSUL_HTTP_TOKEN", "t");
  try {
    assertEquals(optionsOf("--store-backend=consul").token, "t");
    assertEquals(optionsOf("--store-backend=etcdv3").token, undefined);
  } finally {
    if (before === undefined) Deno.env.delete("CONSUL_HTTP_TOKEN");
    else Deno.env.set("CONSUL_HTTP_TOKEN", before);
  }
});
