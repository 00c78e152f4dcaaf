// This module is pure.
/** What makes an assignment another one while a long step of it is under way. */
import type { Assignment } from "./assignment.ts";

/** Equal as long as work that was begun for the assignment still serves it. */
export function assignmentKey(assignment: Assignment): string {
  if (assignment.kind !== "converge") return assignment.kind;
  const { db, source } = assignment.goal;
  const from = db.spec.initMode === "resync" && source?.kind === "internal"
    ? `${source.dbUid} ${source.host} ${source.port}`
    : "";
  return `${db.uid} ${db.spec.initMode} ${from}`;
}
