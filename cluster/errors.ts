// This module is pure.
/** What is thrown about documents and specifications, told apart by what the caller can do about it. */

/** A document of the store that is not what its key should hold. Nothing of it may be acted on. */
export class MalformedDocumentError extends Error {
  /** Tells it from other errors. */
  override readonly name = "MalformedDocumentError";
  /** `path` of the bad field, such as `dbs.abc.spec.role`; empty for the document as a whole. */
  constructor(readonly path: string, what: string, options?: ErrorOptions) {
    super(path === "" ? `malformed document: ${what}` : `malformed document: ${path}: ${what}`, options);
  }
}

/** A document of a format version that this program doesn't know. Nothing of it may be acted on. */
export class FormatVersionError extends Error {
  /** Tells it from other errors. */
  override readonly name = "FormatVersionError";
  /** `found`: the version that the document says. */
  constructor(readonly found: number, supported: number) {
    super(
      `cluster data has format version ${found}, but only version ${supported} is supported: ` +
        `use the programs that belong to that version`,
    );
  }
}

/** One thing that is wrong with a cluster specification. */
export interface SpecProblem {
  /** Path of the option, such as `pitrConfig.dataRestoreCommand`; empty for the specification as a whole. */
  readonly option: string;
  /** Names the option and the value. */
  readonly message: string;
}

/** A cluster specification that is not valid, with everything that is wrong with it. */
export class SpecError extends Error {
  /** Tells it from other errors. */
  override readonly name = "SpecError";
  /** Path of the first bad option. */
  readonly option: string;
  /** `problems`: everything that is wrong. */
  constructor(readonly problems: readonly SpecProblem[], options?: ErrorOptions) {
    super(`invalid cluster specification: ${problems.map((problem) => problem.message).join("; ")}`, options);
    this.option = problems[0]?.option ?? "";
  }
}
