import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitFor } from "../../tests/servers/wait_for.ts";
import { contractOptions } from "../../tests/store/contract/mod.ts";
import { StoreError, StoreMalformedError, StoreUnreachableError } from "../errors.ts";
import { openStore } from "../open.ts";
import type { Store } from "../store.ts";

const WRITER = fileURLToPath(new URL("../../tests/store/crashing_writer.ts", import.meta.url));

async function withDirectory(run: (directory: string, file: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "sqlite-" });
  try {
    await run(directory, join(directory, "store.db"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function withStore(
  file: string,
  run: (store: Store) => Promise<void>,
  timeoutMs = 1000,
): Promise<void> {
  const store = await openStore({ ...contractOptions("sqlite", [`file://${file}`]), timeoutMs });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

const FOREIGN: Readonly<Record<string, (file: string) => void>> = {
  "a text": (file) =>
    Deno.writeTextFileSync(file, "not a database, but long enough to be looked at as one".repeat(50)),
  "another program's database": (file) => {
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE theirs (x)");
    db.close();
  },
  "a later version's store": (file) => {
    const db = new DatabaseSync(file);
    db.exec("PRAGMA application_id = 0x5374446e; PRAGMA user_version = 99");
    db.close();
  },
};

for (const [name, make] of Object.entries(FOREIGN)) {
  Deno.test(`sqlite: ${name} is refused and left as it was`, async () => {
    await withDirectory(async (_, file) => {
      make(file);
      const before = await Deno.readFile(file);
      await withStore(file, async (store) => {
        const error = await assertRejects(() => store.get("k"), StoreMalformedError);
        assert(error.message.includes(file), error.message);
        await assertRejects(() => store.put("k", "1"), StoreMalformedError);
      });
      assertEquals(await Deno.readFile(file), before);
    });
  });
}

Deno.test("sqlite: a damaged file is refused, not read as empty", async () => {
  await withDirectory(async (_, file) => {
    await withStore(file, async (store) => {
      for (let n = 0; n < 50; n++) await store.put(`k/${n}`, "x".repeat(2000));
    });
    const bytes = await Deno.readFile(file);
    bytes.fill(0xa5, 4096);
    await Deno.writeFile(file, bytes);
    await withStore(file, async (store) => {
      await assertRejects(() => store.list("k/"), StoreMalformedError);
    });
  });
});

Deno.test("sqlite: a directory that is missing and a file that cannot be opened are each told", async () => {
  await withDirectory(async (directory) => {
    await withStore(join(directory, "none", "store.db"), async (store) => {
      await assertRejects(() => store.get("k"), StoreUnreachableError, "directory");
    });
    await withStore("/proc/version", async (store) => {
      await assertRejects(() => store.put("k", "1"), StoreError, "check path and rights");
    });
  });
});

Deno.test("sqlite: nobody but its user can read the file and what lies beside it", async () => {
  await withDirectory(async (directory, file) => {
    await withStore(file, async (store) => {
      await store.put("k", "1");
      const modes: string[] = [];
      for await (const { name } of Deno.readDir(directory)) {
        const { mode } = await Deno.stat(join(directory, name));
        modes.push(`${name} ${((mode ?? 0) & 0o777).toString(8)}`);
      }
      assertEquals(modes.sort(), ["store.db 600", "store.db-shm 600", "store.db-wal 600"]);
    });
  });
});

Deno.test("sqlite: a write waits for another process's lock no longer than its limit, and reads do not wait", async () => {
  await withDirectory(async (_, file) => {
    await withStore(file, async (store) => {
      await store.put("k", "1");
      const other = new DatabaseSync(file);
      other.exec("BEGIN IMMEDIATE");
      const startedAt = performance.now();
      let ticks = 0;
      const ticking = setInterval(() => ticks++, 10);
      await assertRejects(() => store.put("k", "2"), StoreUnreachableError, "1000 ms");
      clearInterval(ticking);
      assertLess(performance.now() - startedAt, 6000);
      assert(ticks > 5, `the event loop went on, ${ticks} times`);
      assertEquals((await store.get("k"))?.value, "1");
      const waiting = store.put("k", "3");
      other.exec("ROLLBACK");
      other.close();
      await waiting;
      assertEquals((await store.get("k"))?.value, "3");
    });
  });
});

Deno.test("sqlite: a file that was replaced is opened anew, and watches tell", async () => {
  await withDirectory(async (_, file) => {
    await withStore(file, async (store) => {
      await store.put("k", "old");
      const end = new AbortController();
      let hints = 0;
      const watching = (async () => {
        for await (const _ of store.watch("k", { signal: end.signal })) hints++;
      })();
      await waitFor("the first hint", () => hints > 0);
      await withStore(`${file}.new`, async (other) => void await other.put("k", "new"));
      for (const suffix of ["-wal", "-shm"]) await Deno.remove(file + suffix);
      await Deno.rename(`${file}.new`, file);
      await waitFor("a hint", () => hints > 1);
      assertEquals((await store.get("k"))?.value, "new");
      end.abort();
      await watching;
    });
  });
});

Deno.test("sqlite: leases from before the machine was started anew are void", async () => {
  await withDirectory(async (_, file) => {
    await withStore(file, async (store) => {
      await store.put("k", "1", { ttlMs: 20_000 });
      const other = new DatabaseSync(file);
      other.exec("UPDATE entries SET deadline = deadline + 1000000");
      other.close();
      assertEquals(await store.get("k"), undefined);
    });
  });
});

Deno.test("sqlite: processes killed at any instant lose nothing that was acknowledged, and lock nobody out", async () => {
  await withDirectory(async (directory, file) => {
    const acknowledged = join(directory, "acknowledged");
    await withStore(file, async (store) => {
      await store.put("total", "0");
      for (let round = 0; round < 6; round++) {
        const writers = ["a", "b"].map((name) =>
          new Deno.Command(Deno.execPath(), {
            args: ["run", "-q", "-A", "--no-check", WRITER, file, `${acknowledged}-${round}-${name}`],
            stdin: "null",
            stdout: "null",
            stderr: "inherit",
          }).spawn()
        );
        try {
          const before = Number((await store.get("total"))?.value);
          await waitFor("writes", async () => Number((await store.get("total"))?.value) > before + 5);
        } finally {
          for (const writer of writers) writer.kill("SIGKILL");
          await Promise.all(writers.map((writer) => writer.status));
        }
      }
      const counts = [];
      for await (const { name } of Deno.readDir(directory)) {
        if (!name.startsWith("acknowledged")) continue;
        counts.push((await Deno.readTextFile(join(directory, name))).split("\n").length - 1);
      }
      const total = Number((await store.get("total"))?.value);
      const sum = counts.reduce((a, b) => a + b, 0);
      // Each of the twelve may have died between its last write and the note of it.
      assert(sum <= total && total <= sum + 12, `${sum} acknowledged, ${total} written`);
    }, 10_000);
    const db = new DatabaseSync(file, { readOnly: true });
    assertEquals(db.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
    db.close();
  });
});
