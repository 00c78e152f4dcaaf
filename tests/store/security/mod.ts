/**
 * What the stores of other machines must refuse and accept: certificates by name and address, of servers and of clients.
 * A backend comes in; tests with its name go out. Begin with `tls_cases.ts`.
 *
 * @module
 */
export * from "./tls_cases.ts";
