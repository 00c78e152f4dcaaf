import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { FatalError } from "../common/errors.ts";
import { LaneThread } from "./lane_thread.ts";

function thread(module: string): { readonly lane: LaneThread; readonly deaths: FatalError[] } {
  const deaths: FatalError[] = [];
  const nothing = () => {};
  const lane = new LaneThread({
    module: new URL(module, import.meta.url),
    ...{ hostname: "127.0.0.1", keepaliveIdleSeconds: 0, onExpired: nothing },
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    onDeath: (error) => deaths.push(error),
  });
  return { lane, deaths };
}

Deno.test("a thread that can't be started rejects at once, and no later order waits for it", async () => {
  const { lane, deaths } = thread("./lane/no_such_module.ts");
  await assertRejects(() => lane.start(), FatalError, "a forwarding thread died");
  await assertRejects(() => lane.order({ kind: "end" }), FatalError);
  assertEquals([lane.isAlive, lane.hasDied, deaths.length], [false, false, 0]);
  lane.terminate();
});

Deno.test("a thread that dies of an error is told, and what was asked of it rejects", async () => {
  const { lane, deaths } = thread("./lane/test_worker.ts");
  await lane.start();
  assert(lane.isAlive);
  await assertRejects(() => lane.order({ kind: "listen", port: 1 }), FatalError, "a defect");
  assertEquals(deaths.map(({ message }) => message).length, 1);
  assertEquals([lane.isAlive, lane.hasDied], [false, true]);
  lane.terminate();
});

Deno.test("an order that is not carried out rejects in time; a thread that does so again and again is dead", async () => {
  const { lane, deaths } = thread("./lane/test_worker.ts");
  await lane.start();
  const orders = Array.from({ length: 4 }, () =>
    assertRejects(
      () => lane.order({ kind: "stop-listening" }),
      Error,
      'has not carried out "stop-listening" within 2000 ms',
    ));
  await Promise.all(orders);
  assert(lane.isAlive);
  assertEquals(deaths, []);
  await assertRejects(() => lane.order({ kind: "stop-listening" }));
  assertFalse(lane.isAlive);
  assertEquals(deaths.length, 1);
  lane.terminate();
});

Deno.test("a thread that was ended takes no orders", async () => {
  const { lane, deaths } = thread("./lane/worker.ts");
  await lane.start();
  const under = assertRejects(() => lane.order({ kind: "listen", port: 1 }));
  lane.terminate();
  await under;
  await assertRejects(() => lane.order({ kind: "end" }), Error, "was ended");
  assertEquals(deaths, []);
});
