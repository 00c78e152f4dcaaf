// This module is pure.
/**
 * Connection strings as libpq reads them: `key=value` pairs, quoted only where libpq wants it.
 * Source: PostgreSQL documentation, "Connection Strings" (34.1.1).
 */

/** The parameters of one connection string; keys as libpq names them. */
export type Conninfo = Readonly<Record<string, string>>;

/** Thrown for a text that libpq would refuse as well. Its message never holds a value. */
export class MalformedConninfoError extends Error {
  override readonly name = "MalformedConninfoError";
}

/** The text of a connection string: sorted keys, single blanks, values quoted only where unavoidable. */
export function formatConninfo(conninfo: Conninfo): string {
  return Object.keys(conninfo).sort().map((key) => `${key}=${quoteValue(conninfo[key] ?? "")}`).join(" ");
}

/** Reads `key=value` pairs, or a `postgresql://` URI. @throws {MalformedConninfoError} */
export function parseConninfo(text: string): Conninfo {
  return /^postgres(ql)?:\/\//.test(text) ? parseUri(text) : parsePairs(text);
}

/** The same connection without its password: fit for logs and command lines. */
export function withoutPassword(conninfo: Conninfo): Conninfo {
  return Object.fromEntries(Object.entries(conninfo).filter(([key]) => !SECRET_KEYS.has(key)));
}

const SECRET_KEYS: ReadonlySet<string> = new Set(["password", "sslpassword", "oauth_client_secret"]);

function quoteValue(value: string): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
  return value === "" || /\s/.test(value) ? `'${escaped}'` : escaped;
}

function parsePairs(text: string): Conninfo {
  const pairs: Record<string, string> = {};
  let rest = text.trimStart();
  while (rest !== "") {
    const key = /^([^\s=]+)\s*=\s*/.exec(rest);
    if (key === null) throw new MalformedConninfoError(`no "=" after a keyword in the connection string`);
    rest = rest.slice(key[0].length);
    const value = rest.startsWith("'")
      ? /^'((?:[^'\\]|\\[\s\S])*)'/.exec(rest)
      : /^((?:[^\s\\]|\\[\s\S]?)*)/.exec(rest);
    if (value === null) {
      throw new MalformedConninfoError(`unterminated quoted value of "${key[1]}" in the connection string`);
    }
    pairs[key[1] ?? ""] = (value[1] ?? "").replaceAll(/\\([\s\S]?)/g, "$1");
    rest = rest.slice(value[0].length).trimStart();
  }
  return pairs;
}

const URI = /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;

function parseUri(text: string): Conninfo {
  const parts = URI.exec(text);
  if (parts === null) throw new MalformedConninfoError("the connection URI can't be read");
  const [, user, password, hosts, dbname, query] = parts;
  const pairs: Record<string, string> = {};
  const put = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== "") pairs[key] = decode(value);
  };
  put("user", user);
  put("password", password);
  put("dbname", dbname);
  const addresses = (hosts ?? "").split(",").map(splitAddress);
  put("host", addresses.map((a) => a.host).join(",").replace(/^,+$/, ""));
  put("port", addresses.map((a) => a.port).join(",").replace(/^,+$/, ""));
  for (const part of (query ?? "").split("&").filter((p) => p !== "")) {
    const at = part.indexOf("=");
    if (at < 0) throw new MalformedConninfoError(`no "=" after a parameter of the connection URI`);
    if (part.slice(0, at) === "ssl" && part.slice(at + 1) === "true") put("sslmode", "require");
    else put(part.slice(0, at), part.slice(at + 1));
  }
  return pairs;
}

function splitAddress(address: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(\d*))?$/.exec(address);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] ?? "" };
  const at = address.lastIndexOf(":");
  return at < 0 ? { host: address, port: "" } : { host: address.slice(0, at), port: address.slice(at + 1) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new MalformedConninfoError("a percent escape of the connection URI can't be read", { cause });
  }
}
