import { assertEquals } from "@std/assert";
import { SPEC_OPTIONS } from "../cluster/spec_codec.ts";
import { optionsPage } from "./options_page.ts";
import { SPEC_MEANINGS } from "./spec_meanings.ts";

Deno.test("docs/options.md is what the code says: run scripts/options_page.ts after a change", async () => {
  assertEquals(await Deno.readTextFile(new URL("../docs/options.md", import.meta.url)), optionsPage());
});

Deno.test("every option of the cluster specification is explained", () => {
  assertEquals(Object.keys(SPEC_MEANINGS).sort(), Object.keys(SPEC_OPTIONS).sort());
});
