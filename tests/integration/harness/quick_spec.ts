// This module is pure.
import type { ClusterSpec } from "../../../cluster/spec.ts";

/**
 * Intervals short enough for tests to see faults handled soon, long enough that a busy machine is not taken for a dead
 * one. Faults still take their real course.
 */
export const QUICK_SPEC: ClusterSpec = {
  sleepInterval: "1s",
  requestTimeout: "5s",
  failInterval: "6s",
  proxyCheckInterval: "1s",
  proxyTimeout: "4s",
};
