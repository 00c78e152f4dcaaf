import { join } from "node:path";
import { aptInstall, attempt } from "../../scripts/apt.ts";

/** Paths of a server's PEM files. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Authority of the clients' certificates; undefined: clients need none. */
  readonly clientCa?: string;
}

/** A certificate with its key, as paths. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the test's own, made by openssl. */
export class Authority {
  readonly cert: string;
  readonly #directory: string;
  readonly #key: string;

  private constructor(directory: string, name: string) {
    this.#directory = directory;
    this.cert = join(directory, `${name}.pem`);
    this.#key = join(directory, `${name}.key`);
  }

  /** Makes an authority whose files lie in `directory`. */
  static async create(directory: string, name: string): Promise<Authority> {
    const authority = new Authority(directory, name);
    await openssl([
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-subj", `/CN=${name}`, "-keyout", authority.#key, "-out", authority.cert],
      ...["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ]);
    return authority;
  }

  /** Issues a certificate for server and client use. `subjects` as openssl writes them: `DNS:localhost,IP:127.0.0.1`. */
  async issue(name: string, subjects: string): Promise<Certificate> {
    const [cert, key, request, extensions] = ["pem", "key", "csr", "ext"].map((end) =>
      join(this.#directory, `${name}.${end}`)
    ) as [string, string, string, string];
    await Deno.writeTextFile(
      extensions,
      `subjectAltName=${subjects}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n`,
    );
    await openssl([
      ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-subj", `/CN=${name}`, "-keyout", key, "-out", request],
    ]);
    await openssl([
      ...[
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        this.cert,
        "-CAkey",
        this.#key,
        "-CAcreateserial",
        "-days",
        "2",
      ],
      ...["-extfile", extensions, "-out", cert],
    ]);
    return { cert, key };
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  if (!(await attempt("openssl", ["version"])).ok) await aptInstall(["openssl"], "OpenSSL");
  const { ok, tail } = await attempt("openssl", args);
  if (!ok) throw new Error(`openssl ${args[0]}: ${tail}`);
}
