/** Prometheus metrics: one registry per process, with what every component shows. */
import { Gauge, Registry } from "prom-client";

/**
 * A registry with `stolon_cluster_identifier` and the process's memory. (prom-client's own default metrics read /proc,
 * which Deno's sandbox refuses, and then publish zeros.)
 */
export function createRegistry(
  options: { readonly component: string; readonly clusterName: string },
): Registry {
  const registry = new Registry();
  new Gauge({
    name: "stolon_cluster_identifier",
    help: "Always 1; the labels name the cluster and the component that is scraped.",
    labelNames: ["cluster_name", "component"],
    registers: [registry],
  }).set({ cluster_name: options.clusterName, component: options.component }, 1);
  new Gauge({
    name: `stolon_${options.component}_resident_memory_bytes`,
    help: "Resident memory of the process in bytes.",
    registers: [registry],
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  return registry;
}
