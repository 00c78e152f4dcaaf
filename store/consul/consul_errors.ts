import {
  StoreDeniedError,
  StoreError,
  StoreMalformedError,
  type StoreOperation,
  StoreUnreachableError,
} from "../errors.ts";
import type { ConsulResponse } from "./consul_client.ts";

/** How certificates that do not fit show, on either side. */
const CERTIFICATE = /certificate|CERT_|altname|self.signed|UnknownIssuer|NotValidForName|HandshakeFailure/i;

/** Puts an error of the connection into the store's words. */
export function consulError(error: unknown, operation: StoreOperation): Error {
  if (error instanceof StoreError || error instanceof TypeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const Kind = CERTIFICATE.test(text) ? StoreDeniedError : StoreUnreachableError;
  return new Kind(operation, text, { cause: error });
}

/** True when the request cannot have reached any server. */
export function wasNotSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"].includes(code);
}

/** Consul answered, but not with what was asked for. */
export function refusal({ status, text }: ConsulResponse, operation: StoreOperation): StoreError {
  const what = `Consul answered ${status}: ${text.trim().slice(0, 500)}`;
  if (status === 401 || status === 403 || /permission denied|ACL not found/i.test(text)) {
    return new StoreDeniedError(operation, `${what} (is CONSUL_HTTP_TOKEN right?)`);
  }
  if (status === 400 || status === 413) return new StoreDeniedError(operation, what);
  // 500 is what Consul says when there is no leader, 429 when it is overloaded.
  return new StoreUnreachableError(operation, what);
}

/** What came is not Consul's. */
export function malformed(operation: StoreOperation, text: string, cause?: unknown): StoreMalformedError {
  const what = `the answer is not what Consul's API says: ${text.trim().slice(0, 200)}`;
  return new StoreMalformedError(operation, what, { cause });
}
