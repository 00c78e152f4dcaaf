/** What can go wrong with a store, told apart by what the caller can do about it. */

/** What was attempted, and on what. */
export interface StoreOperation {
  /** Such as `get clusterdata`. */
  readonly attempted: string;
  /** Backend and endpoint, without credentials. */
  readonly endpoint: string;
}

/** Any failure of a store call. */
export class StoreError extends Error {
  /** Tells the kinds apart in logs. */
  override readonly name: string = "StoreError";
  /** What was attempted, and on what. */
  readonly operation: StoreOperation;

  /** `what` says what came back. */
  constructor(operation: StoreOperation, what: string, options?: ErrorOptions) {
    super(`${operation.attempted} on ${operation.endpoint}: ${what}`, options);
    this.operation = operation;
  }
}

/** Nobody answered in time, or the cluster has no quorum. A write may or may not have happened: read it back. */
export class StoreUnreachableError extends StoreError {
  /** Tells the kinds apart in logs. */
  override readonly name = "StoreUnreachableError";
}

/** A compare-and-swap met another revision. Nothing was written: look again. */
export class StoreConflictError extends StoreError {
  /** Tells the kinds apart in logs. */
  override readonly name = "StoreConflictError";
}

/** The server answered and refused: credentials, certificate, rights. */
export class StoreDeniedError extends StoreError {
  /** Tells the kinds apart in logs. */
  override readonly name = "StoreDeniedError";
}

/** What was found is not what this program wrote or can read: foreign file, broken JSON, unknown format version. */
export class StoreMalformedError extends StoreError {
  /** Tells the kinds apart in logs. */
  override readonly name = "StoreMalformedError";
}
