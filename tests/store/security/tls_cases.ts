import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../../common/clock.ts";
import { Authority, type Certificate, type ServerTls } from "../../servers/certificates.ts";
import { serverTest } from "../../servers/server_process.ts";
import { contractOptions } from "../contract/mod.ts";
import { StoreDeniedError, StoreError } from "../../../store/errors.ts";
import { openStore } from "../../../store/open.ts";
import type { Backend, TlsOptions } from "../../../store/options.ts";

/** What the TLS tests have to know of a backend. */
export interface TlsBackend {
  readonly name: Backend;
  /** How long the client library keeps timers after its connections were closed. */
  readonly settleMs?: number;
  /** Starts a server with this certificate that clients reach as `host`. */
  start(options: { readonly tls: ServerTls; readonly host: string }): Promise<
    AsyncDisposable & { readonly endpoint: string }
  >;
}

interface TlsCase {
  /** What clients call the server. */
  readonly host: "localhost" | "127.0.0.1";
  /** What its certificate says. */
  readonly subjects: string;
  /** It asks clients for a certificate. */
  readonly asks?: boolean;
  readonly client: (files: Files) => TlsOptions;
  readonly works: boolean;
}

interface Files {
  readonly ca: string;
  readonly foreignCa: string;
  readonly client: { readonly cert: string; readonly key: string };
  readonly foreignClient: { readonly cert: string; readonly key: string };
}

const BOTH = "DNS:localhost,IP:127.0.0.1";
const trusting = ({ ca }: Files) => ({ ca, skipVerify: false });

const CASES: Readonly<Record<string, TlsCase>> = {
  "the authority, by name": { host: "localhost", subjects: BOTH, client: trusting, works: true },
  "the authority, by address": { host: "127.0.0.1", subjects: BOTH, client: trusting, works: true },
  "a certificate for another name": {
    host: "localhost",
    subjects: "DNS:elsewhere.example",
    client: trusting,
    works: false,
  },
  "a certificate for another address": {
    host: "127.0.0.1",
    subjects: "IP:127.0.0.2",
    client: trusting,
    works: false,
  },
  "an authority that did not sign it": {
    host: "localhost",
    subjects: BOTH,
    client: ({ foreignCa }) => ({ ca: foreignCa, skipVerify: false }),
    works: false,
  },
  "the system's authorities": {
    host: "localhost",
    subjects: BOTH,
    client: () => ({ skipVerify: false }),
    works: false,
  },
  "no verification, by name": {
    host: "localhost",
    subjects: "DNS:elsewhere.example",
    client: () => ({ skipVerify: true }),
    works: true,
  },
  "no verification, by address": {
    host: "127.0.0.1",
    subjects: "DNS:elsewhere.example",
    client: ({ foreignCa }) => ({ ca: foreignCa, skipVerify: true }),
    works: true,
  },
  "a client certificate": {
    host: "localhost",
    subjects: BOTH,
    asks: true,
    client: ({ ca, client }) => ({ ca, ...client, skipVerify: false }),
    works: true,
  },
  "a client certificate and no verification": {
    host: "127.0.0.1",
    subjects: "DNS:elsewhere.example",
    asks: true,
    client: ({ client }) => ({ ...client, skipVerify: true }),
    works: true,
  },
  "no client certificate where one is asked for": {
    host: "localhost",
    subjects: BOTH,
    asks: true,
    client: trusting,
    works: false,
  },
  "a client certificate of another authority": {
    host: "localhost",
    subjects: BOTH,
    asks: true,
    client: ({ ca, foreignClient }) => ({ ca, ...foreignClient, skipVerify: false }),
    works: false,
  },
};

/** Registers the TLS tests for this backend. */
export function testTls(backend: TlsBackend): void {
  for (const [name, testCase] of Object.entries(CASES)) {
    const { host, subjects, asks = false, client, works } = testCase;
    serverTest(`${backend.name}: TLS with ${name} ${works ? "works" : "is refused"}`, async () => {
      await using scope = new AsyncDisposableStack();
      scope.defer(() => sleep(backend.settleMs ?? 0));
      const directory = await Deno.makeTempDir({ prefix: "tls-" });
      scope.defer(() => Deno.remove(directory, { recursive: true }));
      const authority = await Authority.create(directory, "authority");
      const foreign = await Authority.create(directory, "foreign");
      const certificate = await authority.issue("server", subjects);
      const files: Files = {
        ca: await Deno.readTextFile(authority.cert),
        foreignCa: await Deno.readTextFile(foreign.cert),
        client: await readPem(await authority.issue("client", "DNS:client")),
        foreignClient: await readPem(await foreign.issue("stranger", "DNS:client")),
      };
      const tls = { ...certificate, ...(asks ? { clientCa: authority.cert } : {}) };
      const server = scope.use(await backend.start({ tls, host }));
      const options = contractOptions(backend.name, [server.endpoint]);
      const store = await openStore({ ...options, tls: client(files) });
      scope.defer(() => store.close());
      if (works) {
        await store.put("k", "1");
        assertEquals((await store.get("k"))?.value, "1");
        return;
      }
      // A server that refuses the client's certificate says so after the client's handshake: its reason may be cut off.
      const error = await assertRejects(() => store.get("k"), asks ? StoreError : StoreDeniedError);
      assert(error.message.includes(server.endpoint), error.message);
    });
  }
}

async function readPem({ cert, key }: Certificate): Promise<Files["client"]> {
  return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
}
