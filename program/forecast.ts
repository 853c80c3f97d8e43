import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { GuestView } from "../discovery/guest-views";
import { factsOfSpec } from "../hypervisor/snapshots/strategy-facts";
import { chooseStrategy } from "../hypervisor/snapshots/strategy";
import { judge } from "../hypervisor/snapshots/verdict";
import { currentFacts } from "../hypervisor/snapshots/resume-facts";
import type { LifecycleFacts, SnapshotFact } from "../phases/lifecycle/facts";
import { planLifecycle } from "../phases/lifecycle/plan";
import type { SnapshotVerdict, WantedSnapshot } from "../phases/lifecycle/ports";
import type { FilePhase } from "../phases/lifecycle/phase-names";

/** What is known of a run before it happens. */
export interface ForecastInput {
  readonly guest: PlacedGuest;
  readonly view: GuestView;
  /** Null for a guest without a project. */
  readonly project: {
    readonly id: string;
    readonly revision: string;
    readonly key: string | null;
    readonly files: Readonly<Record<FilePhase, string | null>>;
    readonly always: boolean;
  } | null;
  readonly cleanKey: string;
  /** Null: only known when the snapshots' entries are there, which are made anew. */
  readonly inputsDigest: string | null;
  /** The state does not hold the command of the run: it is made, and runs, whatever has run before. Default: it does. */
  readonly isNew?: boolean;
}

export interface Forecast {
  /** The phases that would act, in order; empty: nothing would run. */
  readonly phases: readonly string[];
  readonly cache: "hit" | "miss" | "stale" | "off";
  /** One line for a person to read. */
  readonly text: string;
}

/** Says what an update would do with one guest, and why. */
export function forecast(input: ForecastInput): Forecast {
  const { guest, view, project } = input;
  const init = initVerdict(input);
  const facts = lifecycleFacts(input, init);
  const phases = planLifecycle(facts).flatMap(({ phase, does }) => (does === "skip" ? [] : [phase]));
  const cache = guest.settings.cache === "off" || project === null ? "off" : (init?.state ?? "off");
  const last = view.lastRun;
  const unchanged = last?.inputsDigest === input.inputsDigest && last.status === "passed";
  if (unchanged && project?.always !== true && input.isNew !== true) {
    return {
      phases: [],
      cache,
      text: `unchanged since its last run (passed ${last.finishedAt}): nothing runs`,
    };
  }
  const why = init === null ? "" : `${init.state}: ${init.reason}; `;
  return { phases, cache, text: `${why}will run ${phases.join(", ")}${reasonToRun(input)}` };
}

/** Whether a long-lived guest is there and off, though it should be on. */
export function isAsleep(guest: PlacedGuest, view: GuestView | undefined): boolean {
  return guest.keepRunning && view !== undefined && view.inventory.state === "off";
}

/** Stands for a libvirt that did not answer: what it cannot do is for the run to say, when it does. */
const ANY_LIBVIRT = "999.0.0";

/** Strategy of a guest's snapshots with its reason, as far as it is known before there is a domain. */
export function strategyOf(guest: PlacedGuest, view: GuestView | undefined): string {
  const libvirt = view?.versions?.libvirt ?? ANY_LIBVIRT;
  const firmware: Parameters<typeof factsOfSpec>[0]["firmware"] =
    guest.firmware.kind === "kernel" ? { kind: "kernel", kernel: "", cmdline: "" } : guest.firmware;
  const facts = factsOfSpec({ firmware, type: guest.type, arch: guest.arch }, libvirt);
  const { strategy, reason } = chooseStrategy(facts, guest.settings.snapshots);
  return `${strategy} (${reason})`;
}

function reasonToRun({ view, project, isNew }: ForecastInput): string {
  if (project?.always === true) return " (runMain: always)";
  if (view.lastRun === null) return " (first run)";
  // A command that failed when it was made is in no state either: that it failed says more.
  if (view.lastRun.status !== "passed") return ` (the last run ${view.lastRun.status})`;
  if (isNew === true) return " (the state does not hold its last run)";
  return " (something that it uses has changed)";
}

function initVerdict({ guest, view, project }: ForecastInput): SnapshotVerdict | null {
  if (project === null || guest.settings.cache === "off") return null;
  const { id, revision, key } = project;
  const name = `${id}.${revision}.init`;
  return look({ kind: "init", name, project: id, revision, key, token: "" }, view);
}

function look(wanted: WantedSnapshot, { inventory, versions }: GuestView): SnapshotVerdict {
  const known = inventory.definition !== null && versions !== null;
  return judge(wanted, inventory, known ? currentFacts(inventory.definition, versions) : null);
}

function lifecycleFacts(input: ForecastInput, init: SnapshotVerdict | null): LifecycleFacts {
  const { guest, view, project } = input;
  const clean = look(
    { kind: "clean", name: "clean", project: null, revision: null, key: input.cleanKey, token: "" },
    view,
  );
  const files = Object.entries(project?.files ?? {}).filter(([, file]) => file !== null);
  return {
    hasProject: project !== null,
    allowed: new Set(guest.settings.allowedPhases),
    takenOut: new Map(),
    files: new Set(files.map(([phase]) => phase as FilePhase)),
    init: init === null ? { state: "off", reason: "" } : fact(init),
    clean: fact(clean),
    power: view.inventory.state === "on" ? "on" : "off",
    pristine: isPristine(view),
    takenWhile: "on",
    powerOff: guest.settings.powerOff,
    ...(guest.isHypervisor === true ? { livesOn: true } : {}),
  };
}

function fact(verdict: SnapshotVerdict): SnapshotFact {
  return { state: verdict.state === "hit" ? verdict.resumes : verdict.state, reason: verdict.reason };
}

/** A guest that is not defined yet will have fresh disks. */
function isPristine({ inventory }: GuestView): boolean {
  return inventory.currentLayers.every(
    (layer) => layer !== null && inventory.layers.get(layer)?.pristine === true,
  );
}
