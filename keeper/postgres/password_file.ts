/** Passwords for tools, by a file of ours that lives as long as the tool: never in arguments or the environment. */

/** Runs `use` with the path of a fresh file, mode 0600, that holds the text; removes it whatever happens. */
export async function withSecretFile<T>(
  directory: string,
  text: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = `${directory}/.secret-${crypto.randomUUID()}`;
  await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  try {
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/**
 * Runs `use` with the environment in which libpq finds the password for whatever server it connects to; without a
 * password, one in which it finds none. Source: PostgreSQL documentation, "The Password File" (34.16).
 */
export async function withPasswordFile<T>(
  directory: string,
  password: string | undefined,
  use: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (password === undefined) return await use({ PGPASSFILE: `${directory}/.no-password-file` });
  const escaped = password.replaceAll("\\", "\\\\").replaceAll(":", "\\:");
  return await withSecretFile(directory, `*:*:*:*:${escaped}\n`, (path) => use({ PGPASSFILE: path }));
}

/** Removes what a keeper that was killed left behind. For the start, when no tool of ours runs. */
export async function removeLeftoverSecretFiles(directory: string): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    if (entry.isFile && entry.name.startsWith(".secret-")) await Deno.remove(`${directory}/${entry.name}`);
  }
}
