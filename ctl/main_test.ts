import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clusterData, db, keeper } from "./test_data.ts";
import { Operator, TextLineStream } from "./test_operator.ts";

Deno.test("a cluster is made, read, updated and patched", async () => {
  await using operator = await Operator.create();
  assertEquals(await operator.output(["init", "-y"]), "");
  assertEquals(await operator.output(["spec"]), '{\n\t"initMode": "new"\n}\n');
  assertStringIncludes(await operator.output(["spec", "--defaults"]), '\n\t"failInterval": "20s",\n');
  const patch = '{"synchronousReplication":true,"pgParameters":{"a":"1","b":"2"}}';
  await operator.output(["update", "--patch", patch]);
  await operator.output(["update", "-p", "-f", "-"], '{"pgParameters":{"a":null}}');
  assertEquals((await operator.document())?.cluster?.spec, {
    initMode: "new",
    synchronousReplication: true,
    pgParameters: { b: "2" },
  });
  await operator.output(["update", '{"initMode":"new","failInterval":"7s"}']);
  const cluster = (await operator.document())?.cluster;
  assertEquals(cluster?.spec, { initMode: "new", failInterval: "7s" });
  assertEquals(cluster?.generation, 4);
  await operator.output(["update", '{"initMode":"new","failInterval":"7s"}']);
  assertEquals((await operator.document())?.cluster?.generation, 4, "nothing changed");
});

Deno.test("init asks until it is told yes or no", async () => {
  await using operator = await Operator.create();
  const no = await operator.run(["init"], "y\nYES\nno\n");
  assertEquals(no.code, 0);
  assertEquals(no.stdout, "");
  assertEquals(no.stderr.split("Are you sure you want to continue? [yes/no] ").length, 4);
  assertEquals((await operator.run(["clusterdata", "read"])).code, 1, "nothing was written");
  const yes = await operator.run(["init"], "yes\n");
  assertEquals(yes.code, 0);
  const uid = (await operator.document())?.cluster?.uid ?? "";
  assertMatch(uid, /^[0-9a-f]{8}$/);
  const ended = await operator.run(["init"], "");
  assertEquals(ended.code, 1);
  assertStringIncludes(
    ended.stderr,
    `the cluster data of "main" (cluster uid ${uid}, phase initializing) will be removed`,
  );
  assertEquals((await operator.document())?.cluster?.uid, uid);
});

Deno.test("keepers are made to fail", async () => {
  await using operator = await Operator.create();
  await operator.write(
    clusterData({ keepers: [keeper("keeper1"), keeper("keeper2")], dbs: [db("d1", { keeper: "keeper1" })] }),
  );
  await operator.output(["failkeeper", "keeper2"]);
  const data = await operator.document();
  assertEquals([data?.keepers["keeper1"]?.status.forceFail, data?.keepers["keeper2"]?.status.forceFail], [
    false,
    true,
  ]);
  const unknown = await operator.run(["failkeeper", "keeper3"]);
  assertEquals(unknown.code, 1);
  assertMatch(
    unknown.stderr,
    /^stolonctl: there is no keeper "keeper3" in the cluster, which has keeper1, keeper2; did you mean .*\n$/,
  );
});

Deno.test("keepers are removed with their dbs, but not the master's", async () => {
  await using operator = await Operator.create();
  const dbs = [db("d1", { keeper: "keeper1" }), db("d2", { keeper: "keeper2", follows: "d1" })];
  await operator.write(clusterData({ keepers: [keeper("keeper1"), keeper("keeper2")], dbs }));
  const master = await operator.run(["removekeeper", "keeper1"]);
  assertEquals(master.code, 1);
  assertStringIncludes(master.stderr, 'keeper "keeper1" has the master\'s db "d1" and is not removed');
  await operator.output(["removekeeper", "keeper2"]);
  const data = await operator.document();
  assertEquals([Object.keys(data?.keepers ?? {}), Object.keys(data?.dbs ?? {})], [["keeper1"], ["d1"]]);
});

Deno.test("a standby cluster is promoted, once", async () => {
  await using operator = await Operator.create();
  const standbyConfig = { standbySettings: { primaryConninfo: "host=10.0.0.9" } };
  const spec = { initMode: "existing", existingConfig: { keeperUID: "k1" }, role: "standby", standbyConfig };
  await operator.output(["init", "-y", JSON.stringify(spec)]);
  assertEquals((await operator.run(["promote"], "no\n")).code, 0);
  assertEquals((await operator.document())?.cluster?.spec.role, "standby");
  assertEquals((await operator.run(["promote"], "yes\n")).code, 0);
  const cluster = (await operator.document())?.cluster;
  assertEquals([cluster?.spec.role, cluster?.generation], ["master", 2]);
  const again = await operator.run(["promote", "-y"]);
  assertEquals([again.code, again.stdout], [0, ""]);
  assertEquals((await operator.document())?.cluster?.generation, 2);
});

Deno.test("status --watch shows each change and ends with a signal", async () => {
  await using operator = await Operator.create();
  const child = operator.start(["status", "--watch", "-f", "json"]);
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
    .getReader();
  const next = async () => JSON.parse((await lines.read()).value ?? "null")?.cluster;
  assertEquals(await next(), { available: false, master_keeper_uid: "", master_db_uid: "" });
  await operator.write(clusterData({ keepers: [keeper("k1")], dbs: [db("d1", { keeper: "k1" })] }));
  assertEquals(await next(), { available: true, master_keeper_uid: "k1", master_db_uid: "d1" });
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 0);
  await lines.cancel();
});

Deno.test("cluster data are written only when every program can read them, and over others only when told", async () => {
  await using operator = await Operator.create();
  await operator.output(["init", "-y"]);
  const text = await operator.output(["clusterdata", "read"]);
  const again = await operator.run(["clusterdata", "write"], text);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "-y overwrites them");
  for (
    const broken of [
      "",
      "null",
      "{}",
      text.replace('"formatVersion":1', '"formatVersion":2'),
      text.replace('"keepers":{}', '"keepers":null'),
    ]
  ) {
    const refused = await operator.run(["clusterdata", "write", "-y"], broken);
    assertEquals([refused.code, refused.stdout], [1, ""], broken);
    assertEquals(refused.stderr.split("\n").length, 2, refused.stderr);
  }
  assertEquals(await operator.output(["clusterdata", "read"]), text);
});

Deno.test("what is refused is one line on stderr and exit code 1", async (t) => {
  await using operator = await Operator.create();
  const cases: Record<string, [args: string[], says: RegExp]> = {
    "no subcommand": [[], /no command given/],
    "a misspelt subcommand": [["statu"], /status/],
    "a misspelt flag": [["status", "--formt=json"], /--format/],
    "a missing argument": [["failkeeper"], /uid/],
    "no cluster": [["spec"], /there is no cluster data in sqlite .*store\.db/],
    "an unknown option": [
      ["init", "-y", '{"initMode":"new","synchronousReplicaton":true}'],
      /synchronousReplication/,
    ],
    "an invalid value": [["init", "-y", '{"initMode":"new","failInterval":"-1s"}'], /failInterval.*-1s/],
    "not JSON": [["init", "-y", "{"], /specification/],
    "a file that is not there": [["init", "-y", "-f", "nowhere.json"], /nowhere\.json/],
    "an unknown store": [["--store-backend=zookeeper", "spec"], /zookeeper/],
    "both argument and file": [["init", "{}", "-f", "x.json"], /not both/],
  };
  for (const [name, [args, says]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { code, stdout, stderr } = await operator.run(args);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^stolonctl: [^\n]+\n$/);
      assertMatch(stderr, says);
    });
  }
});

Deno.test("status and version need no cluster", async () => {
  await using operator = await Operator.create();
  assertStringIncludes(await operator.output(["status"]), "No cluster available");
  assertEquals(JSON.parse(await operator.output(["status", "-f", "json"])), {
    sentinels: [],
    proxies: [],
    keepers: [],
    cluster: { available: false, master_keeper_uid: "", master_db_uid: "" },
  });
  assertMatch(await operator.output(["version"]), /^stolonctl version \d+\.\d+\.\d+\n$/);
});
