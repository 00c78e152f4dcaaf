import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { ClusterData } from "../cluster/clusterdata.ts";
import { decodeClusterData } from "../cluster/codec.ts";
import { FormatVersionError, MalformedDocumentError } from "../cluster/errors.ts";
import type { KeeperInfo } from "../cluster/infos.ts";
import { waitFor } from "../tests/servers/wait_for.ts";
import { ClusterStore } from "./cluster_store.ts";
import { contractOptions } from "../tests/store/contract/mod.ts";
import { StoreConflictError, StoreMalformedError } from "./errors.ts";
import { openStore } from "./open.ts";
import type { Store } from "./store.ts";

/** A view and the bare store below it. */
async function withView(run: (view: ClusterStore, store: Store) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "view-" });
  const options = contractOptions("sqlite", [`file://${join(directory, "store.db")}`]);
  const view = new ClusterStore(await openStore(options));
  const store = await openStore(options);
  try {
    await run(view, store);
  } finally {
    await view.close();
    await store.close();
    await Deno.remove(directory, { recursive: true });
  }
}

function document(): ClusterData {
  const text = `{"formatVersion":1,"changeTime":"0001-01-01T00:00:00Z","cluster":{"uid":"u","generation":1,` +
    `"changeTime":"0001-01-01T00:00:00Z","spec":{"initMode":"new"},"status":{"phase":"initializing"}},` +
    `"keepers":{},"dbs":{},"proxy":{"changeTime":"0001-01-01T00:00:00Z","spec":{},"status":{}}}`;
  const data = decodeClusterData(text);
  if (data === null) throw new Error("the document is one");
  return data;
}

const KEEPER: KeeperInfo = {
  infoUID: "i",
  uid: "k1",
  clusterUID: "u",
  bootUUID: "b",
  postgresBinaryVersion: { Maj: 15, Min: 0 },
  canBeMaster: undefined,
  canBeSynchronousReplica: undefined,
  postgresState: null,
};

Deno.test("no key and the four bytes null are no document, each with its own revision to swap over", async () => {
  await withView(async (view, store) => {
    assertEquals(await view.readClusterData(), { data: null, revision: undefined });
    const revision = await store.put("clusterdata", "null");
    assertEquals(await view.readClusterData(), { data: null, revision });
    const written = await view.swapClusterData(document(), revision);
    assertEquals(await view.readClusterData(), { data: document(), revision: written });
    await assertRejects(() => view.swapClusterData(document(), undefined), StoreConflictError);
    await view.writeClusterData(document());
    assertEquals((await view.readClusterData()).data, document());
  });
});

Deno.test("a document that cannot be read is an error with its reason, never no document", async () => {
  await withView(async (view, store) => {
    const causes = { "{": MalformedDocumentError, '{"formatVersion":2}': FormatVersionError };
    for (const [text, Cause] of Object.entries(causes)) {
      await store.put("clusterdata", text);
      const error = await assertRejects(() => view.readClusterData(), StoreMalformedError, "clusterdata");
      assert(error.cause instanceof Cause, String(error.cause));
      assertEquals((await view.readClusterDataText())?.value, text);
    }
  });
});

Deno.test("infos are published, listed and removed; one that cannot be read hides no other", async () => {
  await withView(async (view, store) => {
    await view.publishKeeperInfo(KEEPER, { ttlMs: 20_000 });
    await view.publishKeeperInfo({ ...KEEPER, uid: "k2" }, { ttlMs: 20_000 });
    await view.publishProxyInfo({ infoUID: "i", UID: "p", Generation: 1, ProxyTimeout: 5n }, {
      ttlMs: 20_000,
    });
    await view.publishSentinelInfo({ UID: "s" }, { ttlMs: 20_000 });
    await store.put("keepers/info/k0", "{");
    const { infos, malformed } = await view.listKeeperInfos();
    assertEquals(infos.map(({ uid }) => uid), ["k1", "k2"]);
    assertEquals(malformed.map(({ key }) => key), ["keepers/info/k0"]);
    assert(malformed[0]?.error instanceof StoreMalformedError);
    assertEquals((await view.listProxyInfos()).infos.map(({ ProxyTimeout }) => ProxyTimeout), [5n]);
    assertEquals((await view.listSentinelInfos()).infos, [{ UID: "s" }]);
    await view.removeInfo("keeper", "k1");
    assertEquals((await view.listKeeperInfos()).infos.map(({ uid }) => uid), ["k2"]);
  });
});

Deno.test("infos of keepers and proxies hint, and so does the document", async () => {
  await withView(async (view, store) => {
    const end = new AbortController();
    const hints = { infos: 0, data: 0 };
    const watching = Promise.all([
      (async () => {
        for await (const _ of view.watchInfos({ signal: end.signal })) hints.infos++;
      })(),
      (async () => {
        for await (const _ of view.watchClusterData({ signal: end.signal })) hints.data++;
      })(),
    ]);
    await waitFor("the first hints", () => hints.infos > 0 && hints.data > 0);
    for (const key of ["keepers/info/a", "proxies/info/a"]) {
      const before = hints.infos;
      await store.put(key, "{}");
      await waitFor(`a hint for ${key}`, () => hints.infos > before);
    }
    const before = hints.data;
    await store.put("clusterdata", "null");
    await waitFor("a hint for the document", () => hints.data > before);
    end.abort();
    await watching;
  });
});
