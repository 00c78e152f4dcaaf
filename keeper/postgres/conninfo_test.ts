import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { formatConninfo, MalformedConninfoError, parseConninfo, withoutPassword } from "./conninfo.ts";

const formatted: Record<string, [Record<string, string>, string]> = {
  "keys are sorted, plain values stay bare": [
    { user: "repl", port: "5432", host: "10.0.0.1", application_name: "stolon_ab12" },
    "application_name=stolon_ab12 host=10.0.0.1 port=5432 user=repl",
  ],
  "an empty value needs quotes": [{ host: "" }, "host=''"],
  "a blank needs quotes": [{ password: "a b" }, "password='a b'"],
  "a quote needs a backslash": [{ password: "a'b" }, "password=a\\'b"],
  "a backslash needs a backslash": [{ password: "a\\b" }, "password=a\\\\b"],
  "all at once": [{ password: "it's a \\ b" }, "password='it\\'s a \\\\ b'"],
  "an equals sign stays bare": [{ options: "-csynchronous_commit=off" }, "options=-csynchronous_commit=off"],
};

for (const [name, [conninfo, text]] of Object.entries(formatted)) {
  Deno.test(`formatConninfo: ${name}`, () => {
    assertEquals(formatConninfo(conninfo), text);
    assertEquals(parseConninfo(text), conninfo);
  });
}

const parsed: Record<string, [string, Record<string, string>]> = {
  "blanks around the equals sign": ["host = a  port= 5", { host: "a", port: "5" }],
  "the last of two wins": ["host=a host=b", { host: "b" }],
  "a URI": ["postgres://me:s%20x@h:5433/db?sslmode=require", {
    user: "me",
    password: "s x",
    host: "h",
    port: "5433",
    dbname: "db",
    sslmode: "require",
  }],
  "a URI with IPv6 and two hosts": ["postgresql://me@[::1]:5433,h2/db", {
    user: "me",
    host: "::1,h2",
    port: "5433,",
    dbname: "db",
  }],
  "a URI of a socket directory": ["postgresql://%2Ftmp/db", { host: "/tmp", dbname: "db" }],
  "nothing": ["", {}],
};

for (const [name, [text, conninfo]] of Object.entries(parsed)) {
  Deno.test(`parseConninfo: ${name}`, () => assertEquals(parseConninfo(text), conninfo));
}

for (const text of ["host", "host='a", "postgres://u@h/db?x", "postgres://%zz@h"]) {
  Deno.test(`parseConninfo refuses ${text}`, () => {
    assertThrows(() => parseConninfo(text), MalformedConninfoError);
  });
}

Deno.test("the errors show no value", () => {
  const error = assertThrows(() => parseConninfo("password='hunter2"), MalformedConninfoError);
  assertFalse(error.message.includes("hunter2"));
});

Deno.test("withoutPassword leaves the rest", () => {
  assertEquals(withoutPassword({ host: "a", password: "x", sslpassword: "y" }), { host: "a" });
});
