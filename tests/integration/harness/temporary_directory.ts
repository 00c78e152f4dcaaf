/** A directory that is removed when it is disposed, also when the test fails. Every user can get through it. */
export class TemporaryDirectory implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(prefix: string): Promise<TemporaryDirectory> {
    const path = await Deno.makeTempDir({ prefix });
    await Deno.chmod(path, 0o755);
    return new TemporaryDirectory(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
