import { assertEquals } from "@std/assert";
import { table } from "./table.ts";

const ROWS = [["UID", "ADDRESS"], ["a", "postgres-1.database.example:5432"], ["keeper-with-a-name", "b"]];

Deno.test("columns are aligned, and nothing trails", () => {
  assertEquals(
    table(ROWS),
    [
      "UID                 ADDRESS",
      "a                   postgres-1.database.example:5432",
      "keeper-with-a-name  b",
    ].join("\n"),
  );
});

Deno.test("the widest column is cut to the terminal's width", () => {
  assertEquals(
    table(ROWS, 40).split("\n").map((line) => line.length <= 40),
    [true, true, true],
  );
  assertEquals(table(ROWS, 40).split("\n")[1], "a                   postgres-1.database~");
});

Deno.test("a very narrow terminal still gets every column", () => {
  assertEquals(table(ROWS, 5), ["UID       ADDRESS", "a         postgre~", "keeper-~  b"].join("\n"));
});
