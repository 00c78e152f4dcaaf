/** The services of one cluster at a Consul agent. */
import { type JsonValue, parseJson } from "../cluster/json.ts";
import { timeLimit } from "../common/clock.ts";
import { FatalError } from "../common/errors.ts";
import { ConsulClient, type ConsulRequest } from "../store/consul/consul_client.ts";
import type { TlsOptions } from "../store/options.ts";
import type { Service } from "./register_plan.ts";

export interface CatalogueOptions {
  /** With scheme; tried in this order. */
  readonly endpoints: readonly string[];
  readonly tls: TlsOptions;
  readonly token: string | undefined;
  /** Name of every service: the cluster's. */
  readonly serviceName: string;
}

const CHECK_INTERVAL = "10s";
const REQUEST_TIMEOUT_MS = 5000;

/** See above. Only services of the cluster's name are seen or touched. */
export class ConsulCatalogue {
  readonly #clients: readonly ConsulClient[];
  readonly #name: string;

  constructor({ endpoints, tls, token, serviceName }: CatalogueOptions) {
    this.#clients = endpoints.map((endpoint) =>
      new ConsulClient(endpoint, { tls, ...(token ? { token } : {}) })
    );
    this.#name = serviceName;
  }

  async list(signal: AbortSignal): Promise<Service[]> {
    const text = await this.#send({ method: "GET", path: "agent/services", signal });
    return servicesOf(parseJson(text), this.#name);
  }

  async add(service: Service, signal: AbortSignal): Promise<void> {
    const { id, address, port, tags } = service;
    const host = address.includes(":") ? `[${address}]` : address;
    const body = JSON.stringify({
      ID: id,
      Name: this.#name,
      Address: address,
      Port: port,
      Tags: tags,
      Check: { TCP: `${host}:${port}`, Interval: CHECK_INTERVAL },
    });
    await this.#send({ method: "PUT", path: "agent/service/register", body, signal });
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    await this.#send({ method: "PUT", path: `agent/service/deregister/${encodeURIComponent(id)}`, signal });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** The first agent that answers; each is asked for a limited time. */
  async #send(request: ConsulRequest): Promise<string> {
    const failures: string[] = [];
    for (const client of this.#clients) {
      using limit = timeLimit(REQUEST_TIMEOUT_MS, request.signal);
      try {
        const { status, text } = await client.send({ ...request, signal: limit.signal });
        if (status === 200) return text;
        failures.push(`${client.endpoint} answered ${status}: ${text.trim().slice(0, 200)}`);
      } catch (error) {
        request.signal.throwIfAborted();
        failures.push(`${client.endpoint}: ${error instanceof Error ? error.message : error}`);
      }
    }
    throw new FatalError(`${request.method} ${request.path} at Consul failed: ${failures.join("; ")}`);
  }
}

function servicesOf(services: JsonValue, name: string): Service[] {
  return Object.values(record(services)).map(record).filter((service) => service["Service"] === name)
    .map((service) => ({
      id: String(service["ID"]),
      address: String(service["Address"]),
      port: Number(service["Port"]),
      tags: list(service["Tags"]).map(String),
    }));
}

function record(value: JsonValue): Readonly<Record<string, JsonValue>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Readonly<Record<string, JsonValue>> : {};
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
