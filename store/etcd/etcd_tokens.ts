import type { Etcd3 } from "etcd3";

/** What a request to etcd carries besides its content. */
export interface Metadata {
  set(name: string, value: string): void;
}

/** How `etcd3` asks for it. */
export interface Authenticator {
  getMetadata(): Promise<Metadata>;
  /** The server does not accept the token any more. */
  invalidateMetadata(): void;
}

export interface EtcdTokensOptions {
  readonly username: string;
  readonly password: string;
  /** Makes metadata without a token. */
  readonly plain: Authenticator;
}

/**
 * The token that a user's requests carry, asked for once and again when the server has forgotten it. The library's own
 * way makes a connection for each token and never closes it.
 */
export class EtcdTokens implements Authenticator {
  readonly #login: Etcd3;
  readonly #options: EtcdTokensOptions;
  #metadata: Promise<Metadata> | undefined;

  /** @param login a client of its own for the same server, without a user; it is closed with this */
  constructor(login: Etcd3, options: EtcdTokensOptions) {
    this.#login = login;
    this.#options = options;
  }

  getMetadata(): Promise<Metadata> {
    return this.#metadata ??= this.#ask();
  }

  invalidateMetadata(): void {
    this.#metadata = undefined;
  }

  close(): void {
    this.#login.close();
  }

  async #ask(): Promise<Metadata> {
    const { username, password, plain } = this.#options;
    try {
      const metadata = await plain.getMetadata();
      const { token } = await this.#login.auth.authenticate({ name: username, password });
      metadata.set("token", token);
      return metadata;
    } catch (error) {
      this.#metadata = undefined;
      throw error;
    }
  }
}
