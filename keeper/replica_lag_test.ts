import { assertEquals } from "@std/assert";
import { lagProblem } from "./replica_lag.ts";

Deno.test("a replica is near enough or says why not", () => {
  const positions = { master: 1_000n, own: 900n };
  assertEquals(lagProblem(null, { master: undefined, own: undefined }), undefined);
  assertEquals(lagProblem("100", positions), undefined);
  assertEquals(
    lagProblem("0", { master: 900n, own: 1_000n }),
    undefined,
    "the view may be older than what was received",
  );
  assertEquals(lagProblem("99", positions), "100 bytes behind the primary, more than 99");
  assertEquals(
    lagProblem("99", { ...positions, master: undefined }),
    "how far this replica is behind is not known",
  );
  assertEquals(lagProblem("1MB", positions), "lag=1MB is not a number of bytes");
});
