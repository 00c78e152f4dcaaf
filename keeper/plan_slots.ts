// This module is pure.
/** Replication slots: one per follower, the additional ones, and no other of ours. Slots of others are left alone. */
import type { Goal } from "./assignment.ts";
import type { SlotFacts } from "./observed.ts";
import { because } from "./plan_parts.ts";
import { standbyName } from "./postgres/synchronous_names.ts";
import type { PlannedStep } from "./steps.ts";

const OWN_PREFIX = "stolon_";

/** Names of the slots that the instance must have, sorted. */
export function wantedSlots({ db }: Goal): readonly string[] {
  const followers = db.spec.followers.map(standbyName);
  const additional = (db.spec.additionalReplicationSlots ?? []).map((name) => OWN_PREFIX + name);
  return [...new Set([...followers, ...additional])].sort();
}

/** Steps from the slots that are there to the wanted ones. */
export function slotSteps(goal: Goal, slots: readonly SlotFacts[]): readonly PlannedStep[] {
  const wanted = wantedSlots(goal);
  const own = slots.filter((slot) => slot.name.startsWith(OWN_PREFIX) && !slot.temporary);
  const useless = own.filter((slot) => !slot.active && dropReason(slot, wanted) !== undefined);
  const kept = new Set(own.filter((slot) => !useless.includes(slot)).map((slot) => slot.name));
  return [
    ...useless.flatMap((slot) =>
      because(dropReason(slot, wanted) ?? "", { kind: "dropSlot", name: slot.name })
    ),
    ...wanted.filter((name) => !kept.has(name)).flatMap((name) =>
      because("it is wanted and does not exist", { kind: "createSlot", name })
    ),
  ];
}

function dropReason(slot: SlotFacts, wanted: readonly string[]): string | undefined {
  if (!wanted.includes(slot.name)) return "nobody is to use it";
  if (slot.lost) return "the WAL that it should have kept is gone";
  if (slot.physical && !slot.reserved) return "it keeps no WAL";
  return undefined;
}
