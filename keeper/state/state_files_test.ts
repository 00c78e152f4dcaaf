import { assertEquals, assertThrows } from "@std/assert";
import { MalformedStateError, parseDbState, parseKeeperState } from "./local_state.ts";
import { StateFiles } from "./state_files.ts";

async function inDirectory(body: (directory: string) => void): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("state files come back as they were written, readable by their owner alone", async () => {
  await inDirectory((directory) => {
    const files = new StateFiles(directory);
    assertEquals([files.readKeeperState(), files.readDbState(), files.readGoodParameters()], [
      undefined,
      undefined,
      undefined,
    ]);
    const db = { UID: "db1", Generation: 3, Initializing: true, InitPGParameters: { a: "1" } };
    files.writeKeeperState({ UID: "00123456", ClusterUID: "c" });
    files.writeDbState({ ...db, Generation: 2 });
    files.writeDbState(db);
    files.writeGoodParameters({ port: "1" });
    const again = new StateFiles(directory);
    assertEquals(again.readKeeperState(), { UID: "00123456", ClusterUID: "c" });
    assertEquals(again.readDbState(), db);
    assertEquals(again.readGoodParameters(), { port: "1" });
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
    assertEquals(names, ["dbstate", "goodparameters", "keeperstate"]);
    for (const name of names) {
      assertEquals((Deno.statSync(`${directory}/${name}`).mode ?? 0) & 0o777, 0o600, name);
    }
  });
});

Deno.test("a write that fails leaves the old text and nothing beside it", async () => {
  await inDirectory((directory) => {
    const files = new StateFiles(directory);
    Deno.mkdirSync(`${directory}/dbstate`);
    assertThrows(() =>
      files.writeDbState({ UID: "x", Generation: 1, Initializing: false, InitPGParameters: null })
    );
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["dbstate"]);
  });
});

Deno.test("what is absent is zero, as other keepers of the format leave it out", () => {
  assertEquals(parseDbState("{}"), { UID: "", Generation: 0, Initializing: false, InitPGParameters: null });
  assertEquals(parseKeeperState('{"UID":"a"}'), { UID: "a", ClusterUID: "" });
});

const broken: Record<string, () => unknown> = {
  "no JSON": () => parseDbState("{"),
  "a list": () => parseDbState("[]"),
  "a generation that is no integer": () => parseDbState('{"Generation":1.5}'),
  "a flag that is no boolean": () => parseDbState('{"Initializing":"true"}'),
  "parameters that are no texts": () => parseDbState('{"InitPGParameters":{"a":1}}'),
  "a UID that is no text": () => parseDbState('{"UID":1}'),
  "no UID of the keeper": () => parseKeeperState("{}"),
};
for (const [name, parse] of Object.entries(broken)) {
  Deno.test(`a state file with ${name} is refused`, () => {
    assertThrows(parse, MalformedStateError);
  });
}
