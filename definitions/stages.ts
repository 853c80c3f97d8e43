/** Stages of an update, in the order in which each needs what the one before has made. */
export const STAGES = ["preflight", "image-cache", "provision", "runtime"] as const;
/** One stage alone, or `full`: all of them. */
export type Stage = (typeof STAGES)[number] | "full";

/** What may act in an update. */
export type Part = "images" | "guests" | "runs";

const STAGE_OF: Readonly<Record<Part, Stage>> = {
  images: "image-cache",
  guests: "provision",
  runs: "runtime",
};

/** The stage that a part waits for when only `chosen` acts; null: it acts now. */
export function waitsFor(part: Part, chosen: Stage): Stage | null {
  const own = STAGE_OF[part];
  return chosen === "full" || chosen === own ? null : own;
}

/** What an update of one stage does, for people. */
export function describeStage(stage: Exclude<Stage, "full">): string {
  return {
    preflight: "hypervisors are checked, and nothing is changed",
    "image-cache": "images are fetched or built; guests and runs wait for their stages",
    provision: "guests and networks are defined or changed; images and runs wait for their stages",
    runtime: "guests run; images, networks and definitions stay as they are",
  }[stage];
}
