/**
 * The contract suite: what a store promises, as tests that every backend passes against its real server. A backend comes
 * in as a `ContractBackend`; tests with its name go out. Nothing here knows a backend. Begin with `backend.ts`.
 *
 * @module
 */
import type { ContractBackend } from "./backend.ts";
import { testElections } from "./elections.ts";
import { testExpiry } from "./expiry.ts";
import { testValues } from "./values.ts";
import { testWatches } from "./watches.ts";

export * from "./backend.ts";

/** Registers all tests of the contract for this backend. */
export function testContract(backend: ContractBackend): void {
  testValues(backend);
  testExpiry(backend);
  testWatches(backend);
  testElections(backend);
}
