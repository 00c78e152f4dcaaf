import { assert, assertEquals, assertRejects } from "@std/assert";
import { serverTest } from "../../servers/server_process.ts";
import { PATIENCE_MS, waitFor } from "../../servers/wait_for.ts";
import { StoreConflictError } from "../../../store/errors.ts";
import type { Election, Leadership, Store } from "../../../store/store.ts";
import { type ContractBackend, openClients, openOwned } from "./backend.ts";
import { startCandidate } from "./candidate.ts";

/** Elections. */
export function testElections(backend: ContractBackend): void {
  const failoverMs = backend.electionTtlMs + backend.lateMs + PATIENCE_MS;

  serverTest(`${backend.name}: one leads, resigns, and another leads`, async () => {
    await using site = await backend.start();
    await using clients = await openClients(site.options, 2);
    const [first, second] = clients.stores as [Store, Store];
    assertEquals(await first.leader(), undefined);
    const one = first.campaign("one");
    const changes: string[] = [];
    one.onChange(() => changes.push(one.current() === undefined ? "lost" : "won"));
    const term = await leads(one);
    assertEquals(await second.leader(), "one");
    assert(term.holds());
    const two = second.campaign("two");
    two.onChange(() => changes.push(two.current() === undefined ? "two lost" : "two won"));
    await one.close();
    assert(!term.holds() && term.ended.aborted && one.current() === undefined);
    await leads(two);
    await waitFor("everybody to know the new leader", async () => await first.leader() === "two");
    assertEquals(changes, ["won", "lost", "two won"]);
    await two.close();
    assertEquals(await first.leader(), undefined);
  });

  serverTest(`${backend.name}: what is written under a leadership is refused once it is over`, async () => {
    await using site = await backend.start();
    await using clients = await openClients(site.options, 2);
    const [store, rival] = clients.stores as [Store, Store];
    const election = store.campaign("one");
    const leadership = await leads(election);
    const revision = await store.compareAndSwap("clusterdata", "1", undefined, { leadership });
    await assertRejects(
      () => store.compareAndSwap("clusterdata", "2", undefined, { leadership }),
      StoreConflictError,
    );
    await election.close();
    await assertRejects(
      () => store.compareAndSwap("clusterdata", "2", revision, { leadership }),
      StoreConflictError,
      "leadership",
    );
    // A term that still believes in itself is refused by the store.
    const later = rival.campaign("two");
    const believed = await leads(later);
    for (const { key } of await store.list("sentinel-leader")) await store.delete(key);
    const swap = rival.compareAndSwap("clusterdata", "2", revision, { leadership: believed });
    await assertRejects(() => swap, StoreConflictError, "leadership");
    assertEquals((await store.get("clusterdata"))?.value, "1");
    await later.close();
  });

  serverTest(`${backend.name}: a leader whose key is taken away learns it and stands again`, async () => {
    await using site = await backend.start();
    await using clients = await openClients(site.options, 2);
    const [store, other] = clients.stores as [Store, Store];
    const election = store.campaign("one");
    const first = await leads(election);
    for (const { key } of await other.list("sentinel-leader")) await other.delete(key);
    await waitFor("the leader to know", () => first.ended.aborted);
    await waitFor(
      "a new term",
      () => election.current() !== undefined && election.current() !== first,
      failoverMs,
    );
    assertEquals(await other.leader(), "one");
    await election.close();
  });

  serverTest(`${backend.name}: closing the store resigns`, async () => {
    await using site = await backend.start();
    await using one = await openOwned(site.options);
    await using two = await openOwned(site.options);
    const leadership = await leads(one.store.campaign("one"));
    await one.store.close();
    assert(leadership.ended.aborted);
    const next = two.store.campaign("two");
    await leads(next);
    await next.close();
  });

  serverTest(
    `${backend.name}: among five processes, one killed, one frozen, one resigning, no two lead at once`,
    async () => {
      await using site = await backend.start();
      await using owned = await openOwned(site.options);
      await using candidates = new AsyncDisposableStack();
      const record = await Deno.makeTempFile({ prefix: "acts-" });
      candidates.defer(() => Deno.remove(record));
      const processes = new Map(["a", "b", "c", "d", "e"].map((id) => {
        return [id, candidates.use(startCandidate({ options: site.options, id, record }))];
      }));
      const nextLeader = async (after: string | undefined, who: ReadonlySet<string>) => {
        const look = async () => {
          const id = await owned.store.leader();
          return id !== undefined && id !== after && who.has(id) && actsOf(record).at(-1)?.id === id
            ? id
            : undefined;
        };
        return await waitFor(`a leader other than ${after ?? "nobody"}`, look, failoverMs);
      };
      const alive = new Set(processes.keys());
      const killed = await nextLeader(undefined, alive);
      await processes.get(killed)?.kill();
      alive.delete(killed);
      const frozen = await nextLeader(killed, alive);
      processes.get(frozen)?.freeze();
      alive.delete(frozen);
      const resigning = await nextLeader(frozen, alive);
      processes.get(frozen)?.thaw();
      alive.add(frozen);
      await processes.get(resigning)?.resign();
      alive.delete(resigning);
      await nextLeader(resigning, alive);
      assertNoOverlap(actsOf(record));
    },
  );
}

interface Act {
  readonly id: string;
  readonly term: number;
  readonly wallMs: number;
}

/** What the candidates did as leaders, in the order of time. */
function actsOf(record: string): Act[] {
  const lines = Deno.readTextFileSync(record).split("\n").filter((line) => line.endsWith("."));
  const acts = lines.map((line) => {
    const [id = "", term, wallMs] = line.split(" ");
    return { id, term: Number(term), wallMs: Number.parseFloat(wallMs ?? "") };
  });
  return acts.sort((a, b) => a.wallMs - b.wallMs);
}

/** Once another has acted, a term is over for good. */
function assertNoOverlap(acts: readonly Act[]): void {
  const over = new Set<string>();
  let last: string | undefined;
  for (const { id, term, wallMs } of acts) {
    const now = `${id}/${term}`;
    if (now !== last && last !== undefined) over.add(last);
    assert(!over.has(now), `${now} acted at ${wallMs} after ${last} had`);
    last = now;
  }
  assert(over.size >= 3, `three changes of leader, seen: ${[...over]}`);
}

function leads(election: Election): Promise<Leadership> {
  return waitFor("the candidate to lead", () => election.current());
}
