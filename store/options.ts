/** What it takes to reach a store: plain data, checked, with files already read. */

/** Backends that work. */
export const BACKENDS = ["etcdv3", "consul", "sqlite"] as const;
/** One of the backends that work. */
export type Backend = (typeof BACKENDS)[number];

/** Names that command lines of Stolon know and that are refused with a message of their own. */
export const UNSUPPORTED_BACKENDS: readonly string[] = ["etcdv2", "etcd", "kubernetes"];

/** TLS as PEM text. */
export interface TlsOptions {
  /** Authorities that sign servers; undefined: the system's. */
  readonly ca?: string;
  /** The client's certificate; comes with `key`. */
  readonly cert?: string;
  /** The key of `cert`. */
  readonly key?: string;
  /** Accept any server certificate. */
  readonly skipVerify: boolean;
}

/** Which store, where, and how to be let in. */
export interface StoreOptions {
  /** Which kind of store. */
  readonly backend: Backend;
  /** URLs; for `sqlite` one `file://` URL or path. Empty: the backend's default. */
  readonly endpoints: readonly string[];
  /** Such as `stolon/cluster`. */
  readonly prefix: string;
  /** Comes after the prefix in every key. */
  readonly clusterName: string;
  /** Every call ends within this. */
  readonly timeoutMs: number;
  /** For `https` endpoints. */
  readonly tls: TlsOptions;
  /** Of etcd. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Consul's ACL token. */
  readonly token?: string;
}
