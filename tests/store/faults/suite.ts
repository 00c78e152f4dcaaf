import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { sleep } from "../../../common/clock.ts";
import { serverTest } from "../../servers/server_process.ts";
import { StoreConflictError, StoreError, StoreUnreachableError } from "../../../store/errors.ts";
import type { Store } from "../../../store/store.ts";
import { testSilence } from "./cut_off.ts";
import { type FaultBackend, FaultSite } from "./site.ts";

/** Long enough for every client to run into the fault. */
const FAULT_MS = 3000;
/** A call ends by its time limit; a busy machine may tell us later. */
const SLACK_MS = 5000;

/** What is done to the way or to the server, and undone. */
const FAULTS: Readonly<Record<string, (site: FaultSite) => Promise<void>>> = {
  "all connections cut": (site) => {
    site.proxy.cut();
    return Promise.resolve();
  },
  "the server away for a while": (site) => withFault(site, () => site.proxy.refuse()),
  "nothing reaches the server for a while": (site) => withFault(site, () => site.proxy.hold("toServer")),
  "nothing reaches the clients for a while": (site) => withFault(site, () => site.proxy.hold("toClient")),
  "nothing arrives at all for a while, then connections are cut": (site) =>
    withFault(site, () => site.proxy.hold("toServer", "toClient"), () => site.proxy.cut()),
  "a reset in the middle of a reply, many times": async (site) => {
    for (let round = 0; round < 10; round++) {
      site.proxy.breakNextReply();
      await settled(site.store.get("clusterdata"));
    }
    site.proxy.heal();
  },
  "the server killed and started again": async ({ server }) => {
    await server.process.stop("SIGKILL");
    await sleep(FAULT_MS);
    await server.process.start();
  },
  "the server stopped and started again at once": async ({ server }) => {
    await server.process.stop("SIGTERM");
    await server.process.start();
  },
  "the server frozen": async ({ server }) => {
    server.process.freeze();
    await sleep(FAULT_MS);
    server.process.thaw();
  },
};

/** Registers the fault tests for this backend. */
export function testFaults(backend: FaultBackend): void {
  testSilence(backend);
  for (const [fault, inflict] of Object.entries(FAULTS)) {
    serverTest(`${backend.name}: every client is live again after ${fault}`, async () => {
      await using site = await FaultSite.start(backend);
      await inflict(site);
      await site.live();
    });
  }

  serverTest(`${backend.name}: a slow way delays and breaks nothing`, async () => {
    await using site = await FaultSite.start(backend);
    site.proxy.delay(100);
    await site.live();
  });

  serverTest(`${backend.name}: no call hangs, whatever is held back`, async () => {
    await using site = await FaultSite.start(backend);
    const { store, timeoutMs } = site;
    const revision = await store.put("k", "1");
    site.proxy.hold("toServer", "toClient");
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      get: () => store.get("k"),
      list: () => store.list(""),
      put: () => store.put("k", "2"),
      "put that expires": () => store.put("keepers/info/client0", "2", { ttlMs: 20_000 }),
      swap: () => store.compareAndSwap("k", "2", revision),
      delete: () => store.delete("other"),
      leader: () => store.leader(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const startedAt = performance.now();
      const error = await assertRejects(call, StoreUnreachableError, undefined, name);
      assert(error.message.includes("127.0.0.1:"), `${name} names the endpoint: ${error.message}`);
      assertLess(performance.now() - startedAt, timeoutMs + SLACK_MS, name);
    }
    const given = new AbortController();
    const abandoned = store.get("k", { signal: given.signal });
    const reason = new Error("no longer wanted");
    given.abort(reason);
    assertEquals(await assertRejects(() => abandoned), reason);
    const closing = performance.now();
    await store.close();
    assertLess(performance.now() - closing, 2000 + SLACK_MS);
  });

  serverTest(
    `${backend.name}: a swap whose reply was lost is reported as unknown and can be read back`,
    async () => {
      await using site = await FaultSite.start(backend);
      const revision = await site.store.put("k", "1");
      site.proxy.hold("toClient");
      await assertRejects(() => site.store.compareAndSwap("k", "2", revision), StoreUnreachableError);
      assertEquals((await site.direct.get("k"))?.value, "2");
      site.proxy.heal();
      await site.live();
      assertEquals((await site.store.get("k"))?.value, "2");
      await assertRejects(() => site.store.compareAndSwap("k", "3", revision), StoreConflictError);
    },
  );

  serverTest(
    `${backend.name}: under random faults no acknowledged swap is lost and none is done twice`,
    async () => {
      await using site = await FaultSite.start(backend);
      const ended = new AbortController();
      const trouble = randomTrouble(site, ended.signal);
      const each = 15;
      const writers = site.clients.map(({ store }, index) => appendTokens(store, `w${index}`, each));
      try {
        await Promise.all(writers);
      } finally {
        ended.abort();
        await trouble;
      }
      const tokens = ((await site.direct.get("log"))?.value ?? "").split(" ");
      const expected = site.clients.flatMap((_, index) =>
        Array.from({ length: each }, (_, n) => `w${index}-${n}`)
      );
      assertEquals(tokens.toSorted(), expected.toSorted());
      await site.live();
    },
  );
}

async function withFault(site: FaultSite, inflict: () => void, before: () => void = () => {}): Promise<void> {
  inflict();
  await sleep(FAULT_MS);
  before();
  site.proxy.heal();
}

async function settled(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

/** Appends its tokens one by one. What an unreachable store has made of one is read back before anything else is done. */
async function appendTokens(store: Store, name: string, count: number): Promise<void> {
  for (let done = 0; done < count;) {
    try {
      const entry = await store.get("log");
      const tokens = (entry?.value ?? "").split(" ").filter((token) => token !== "");
      const token = `${name}-${done}`;
      if (!tokens.includes(token)) {
        await store.compareAndSwap("log", [...tokens, token].join(" "), entry?.revision);
      }
      done++;
      await sleep(50);
    } catch (error) {
      if (!(error instanceof StoreUnreachableError || error instanceof StoreConflictError)) throw error;
      await sleep(20);
    }
  }
}

/** One fault after the other until the signal ends it; then the way is whole again. */
async function randomTrouble({ proxy }: FaultSite, signal: AbortSignal): Promise<void> {
  const faults = [
    () => proxy.cut(),
    () => proxy.breakNextReply(),
    () => proxy.hold("toClient"),
    () => proxy.hold("toServer"),
    () => proxy.delay(50),
    () => proxy.refuse(),
  ];
  while (!signal.aborted) {
    faults[Math.floor(Math.random() * faults.length)]?.();
    await sleep(100 + Math.random() * 300, signal);
    // A held way that is cut has lost what was held.
    if (Math.random() < 0.5) proxy.cut();
    proxy.heal();
    await sleep(Math.random() * 200, signal);
  }
  proxy.heal();
}
