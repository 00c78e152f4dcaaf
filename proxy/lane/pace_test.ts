import { assertEquals } from "@std/assert";
import { Pace } from "./pace.ts";

Deno.test("so many messages go at once, the others in their order, so many in each turn", async () => {
  const pace = new Pace();
  let atOnce = 0;
  const turns: Promise<void>[] = [];
  while (turns.length < 100) {
    const turn = pace.turn();
    if (turn === undefined) atOnce++;
    else turns.push(turn);
  }
  assertEquals(atOnce, 16);
  const released: number[] = [];
  turns.forEach((turn, index) => void turn.then(() => released.push(index)));
  const perTurn: number[] = [];
  while (released.length < 100) {
    const before = released.length;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (released.length > before) perTurn.push(released.length - before);
  }
  assertEquals(released, Array.from({ length: 100 }, (_, index) => index));
  await Promise.all(turns);
});

Deno.test("a turn that somebody has noticed counts once, whoever else says so", () => {
  const pace = new Pace();
  const { turns } = pace;
  const atOnce = () => {
    let count = 0;
    while (count < 10 && pace.turn() === undefined) count++;
    return count;
  };
  assertEquals(atOnce(), 10);
  pace.turnedSince(turns);
  assertEquals(atOnce(), 10);
  pace.turnedSince(turns);
  assertEquals(atOnce(), 6);
});
