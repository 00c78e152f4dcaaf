import { requirePermission } from "../common/permissions.ts";
import { endpointUrls } from "./endpoints.ts";
import type { Backend, StoreOptions } from "./options.ts";
import { filePath } from "./sqlite/file_path.ts";

const DEFAULT_URL: Readonly<Record<Exclude<Backend, "sqlite">, string>> = {
  etcdv3: "http://127.0.0.1:2379",
  consul: "http://127.0.0.1:8500",
};

/**
 * Asks Deno whether this process may reach the store at all. A permission that is missing stays missing: a role would
 * try for ever, as it does when a server is away.
 * @throws {Deno.errors.NotCapable} naming the flag that would grant it
 */
export function requireStorePermissions({ backend, endpoints }: StoreOptions): void {
  if (backend === "sqlite") {
    const path = filePath(endpoints[0] ?? "");
    requirePermission({ name: "read", path }, path);
    requirePermission({ name: "write", path }, path);
    return;
  }
  for (const endpoint of endpointUrls(endpoints, DEFAULT_URL[backend])) {
    // What is no URL is refused by the backend, in its own words.
    if (!URL.canParse(endpoint)) continue;
    const { hostname, port, protocol } = new URL(endpoint);
    const host = `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
    requirePermission({ name: "net", host }, host);
  }
}
