/** Path of the file that an endpoint names: `file:///path`, `file:path` or a plain path. */
export function filePath(endpoint: string): string {
  if (!endpoint.startsWith("file:")) return endpoint;
  return endpoint.startsWith("file://") ? decodeURIComponent(new URL(endpoint).pathname) : endpoint.slice(5);
}
