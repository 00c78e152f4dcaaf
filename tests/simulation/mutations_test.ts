import { assertEquals } from "@std/assert";
import { MUTATIONS } from "./mutations.ts";

const ROOT = new URL("../../", import.meta.url);

for (const { name, file, find } of MUTATIONS) {
  Deno.test(`simulation: the mutation "${name}" finds its line`, async () => {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    assertEquals(
      text.split(find).length - 1,
      1,
      `${file} holds ${JSON.stringify(find)} another number of times`,
    );
  });
}
