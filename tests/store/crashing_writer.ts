/** Counts up in the store for as long as it lives, and notes every count that was acknowledged: for tests that kill it. */
import { contractOptions } from "./contract/mod.ts";
import { StoreConflictError } from "../../store/errors.ts";
import { openStore } from "../../store/open.ts";

const [file = "", notes = ""] = Deno.args;
const store = await openStore({ ...contractOptions("sqlite", [`file://${file}`]), timeoutMs: 10_000 });
const acknowledged = await Deno.open(notes, { append: true, create: true });
while (true) {
  const entry = await store.get("total");
  try {
    await store.compareAndSwap("total", String(Number(entry?.value) + 1), entry?.revision);
    acknowledged.writeSync(new TextEncoder().encode("1\n"));
  } catch (error) {
    if (!(error instanceof StoreConflictError)) throw error;
  }
}
