/**
 * The fault suite: what the stores of other machines must survive. A backend and a way to start its server come in;
 * tests with its name go out. Between clients and server lies a proxy of the tests' own. Begin with `suite.ts`.
 *
 * @module
 */
export * from "./site.ts";
export * from "./suite.ts";
