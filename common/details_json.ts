/** JSON for log lines: a space after each colon and comma, plain ASCII, BigInt as an integer. */

/** Encodes a value on one line, as `{"role": "repl", "position": 50331744}`. */
export function detailsJson(value: unknown): string {
  return asciiOnly(encode(value));
}

function encode(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return JSON.stringify(value.message);
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(encode).join(", ")}]`;
  const fields = Object.entries(value).filter(([, field]) =>
    field !== undefined && typeof field !== "function"
  );
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}: ${encode(field)}`).join(", ")}}`;
}

/** Escapes what is not printable ASCII, so that no terminal or script stumbles over a foreign name. */
export function asciiOnly(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (character) => {
    const short = SHORT_ESCAPES[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
