import {
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  EtcdRoleNotFoundError,
  EtcdUserNotFoundError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
} from "etcd3";
import { StoreDeniedError, StoreError, type StoreOperation, StoreUnreachableError } from "../errors.ts";

const REFUSALS = [
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  EtcdRoleNotFoundError,
  EtcdUserNotFoundError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
];

/** How certificates that do not fit show, on either side. */
const CERTIFICATE =
  /certificate|CERT_|altname|self.signed|UnknownIssuer|NotValidForName|bad_certificate|HandshakeFailure/i;

/** Puts an error of `etcd3` into the store's words. */
export function etcdError(error: unknown, operation: StoreOperation): Error {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof EtcdLeaseInvalidError) return new LeaseGoneError(operation, text, { cause: error });
  // The rights have changed: the next attempt is made with a new token.
  const stale = text.includes("auth store is old");
  const refused = !stale && (REFUSALS.some((kind) => error instanceof kind) || CERTIFICATE.test(text));
  const Kind = refused ? StoreDeniedError : StoreUnreachableError;
  return new Kind(operation, text + hint(text, operation), { cause: error });
}

/** The lease has expired or was revoked: make a new one. Nothing was written under it. */
export class LeaseGoneError extends StoreError {
  override readonly name = "LeaseGoneError";
}

/** A server that refuses the client's certificate says so late: it may show as a connection that breaks. */
function hint(text: string, { endpoint }: StoreOperation): string {
  const broken = /EPIPE|ECONNRESET/.test(text) && endpoint.includes("https:");
  return broken
    ? " (does the server ask for a client certificate that was not given or that it does not trust?)"
    : "";
}

/** True when the request cannot have reached any server, so that it may be sent to another one. */
export function wasNotSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /No connection established|Name resolution failed|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(
    error.message,
  );
}
