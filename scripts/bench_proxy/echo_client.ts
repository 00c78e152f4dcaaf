/** Opens connections one after the other in several lanes, a byte there and back on each. Arguments: port, seconds. */
const [port = 0, seconds = 1] = Deno.args.map(Number);
const LANES = 16;
const startMs = performance.now();
const endMs = startMs + seconds * 1000;
let count = 0;

async function lane(): Promise<void> {
  const byte = new Uint8Array(1);
  while (performance.now() < endMs) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(byte);
    if (await conn.read(byte) !== 1) throw new Error("no echo");
    conn.close();
    count++;
  }
}

await Promise.all(Array.from({ length: LANES }, lane));
const perSecond = count / (performance.now() - startMs) * 1000;
Deno.stdout.writeSync(new TextEncoder().encode(`${perSecond}\n`));
