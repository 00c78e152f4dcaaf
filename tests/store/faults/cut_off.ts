import { assert, assertEquals, assertFalse, assertLess } from "@std/assert";
import { sleep, timeLimit } from "../../../common/clock.ts";
import { FaultProxy } from "../../servers/fault_proxy.ts";
import { serverTest } from "../../servers/server_process.ts";
import { PATIENCE_MS, waitFor } from "../../servers/wait_for.ts";
import { contractOptions, openOwned } from "../contract/mod.ts";
import { type FaultBackend, FaultSite } from "./site.ts";

/** Long enough for a server to lose its patience with a client's signs of life. */
const IDLE_MS = 25_000;
const IDLE_BYTES = 500;

/** What holds without a word between client and server. */
export function testSilence(backend: FaultBackend): void {
  serverTest(
    `${backend.name}: a leader cut off from the store has stopped before another leads`,
    async () => {
      await using site = await FaultSite.start(backend);
      const term = site.clients.find((client) => client.leads)?.leadership;
      assert(term !== undefined);
      const rival = site.direct.campaign("rival");
      const { promise: won, resolve, reject } = Promise.withResolvers<boolean>();
      rival.onChange(() => {
        if (rival.current() !== undefined) resolve(term.holds());
      });
      using limit = timeLimit(backend.electionTtlMs + PATIENCE_MS);
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason));
      site.proxy.hold("toServer", "toClient");
      assertFalse(await won, "both lead");
      assert(term.ended.aborted);
      await rival.close();
      site.proxy.cut();
      site.proxy.heal();
      await site.live();
    },
  );

  serverTest(`${backend.name}: a client that is not asked for anything sends next to nothing`, async () => {
    await using server = await backend.start();
    await using proxy = FaultProxy.to(server.endpoint);
    await using owned = await openOwned(contractOptions(backend.name, [`http://127.0.0.1:${proxy.port}`]));
    const { store } = owned;
    await store.put("keepers/info/a", "1", { ttlMs: 600_000 });
    const end = new AbortController();
    let hints = 0;
    const watching = (async () => {
      for await (const _ of store.watch("clusterdata", { signal: end.signal })) hints++;
    })();
    await waitFor("the first hint", () => hints > 0);
    const before = { hints, sentBytes: proxy.sentBytes };
    await sleep(IDLE_MS);
    assertLess(proxy.sentBytes - before.sentBytes, IDLE_BYTES);
    // A server that finds itself asked too often ends the connection, which would show as another hint.
    assertEquals(hints, before.hints);
    end.abort();
    await watching;
  });
}
