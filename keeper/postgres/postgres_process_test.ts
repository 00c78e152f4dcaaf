import { assert, assertEquals } from "@std/assert";
import { postgresTests } from "../../tests/postgres_user.ts";
import { TestInstance } from "../../tests/postgres_instance.ts";

const test = postgresTests(import.meta.url);

test("a primary starts, answers and stops", async () => {
  await using primary = await TestInstance.primary();
  assertEquals(await primary.value("select 1 + 1"), "2");
  await primary.stop();
  assert(!primary.process?.running);
  assertEquals(primary.process?.status?.code, 0);
});
