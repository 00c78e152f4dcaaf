import type { StoreOptions } from "./options.ts";
import { requireStorePermissions } from "./permissions.ts";
import type { Store } from "./store.ts";

/**
 * The store that the options name. Nothing is contacted yet: a server that is away shows at the first call. Only the
 * chosen backend's code is loaded.
 * @throws {Deno.errors.NotCapable} when this process is not permitted to reach it
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  requireStorePermissions(options);
  switch (options.backend) {
    case "sqlite":
      return (await import("./sqlite/sqlite_store.ts")).openSqliteStore(options);
    case "etcdv3":
      return (await import("./etcd/etcd_store.ts")).openEtcdStore(options);
    case "consul":
      return (await import("./consul/consul_store.ts")).openConsulStore(options);
  }
}
