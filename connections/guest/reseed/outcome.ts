/** Exit codes of the two parts of a refresh; 0: done. */
export interface RefreshOutcome {
  readonly clock: number;
  readonly random: number;
}

const REFUSED = 2;
const NO_HELPER = 10;
/** The first is what the helper ends with where a shell takes it for a script, the others are a shell's own. */
const OTHER_SYSTEM = [9, 126, 127];

const REASONS: Readonly<Record<number, string>> = {
  1: "it has no /dev/urandom",
  [REFUSED]: "its kernel refuses fresh bytes",
  3: "its kernel cannot be told to reseed, as Linux can from 4.17 on",
  9: "guest-farm's helper for this machine does not start in this system",
  [NO_HELPER]: "guest-farm has no helper for its architecture",
  74: "no memory file system or /tmp has room for guest-farm's helper",
  126: "neither /dev/shm nor /run, /tmp and /var/tmp let a program start",
};

/** Reads what a script has printed; null where it did not get to its end. */
export function readOutcome(stdout: string): RefreshOutcome | null {
  const code = (word: string) => new RegExp(`^${word} (\\d+)$`, "m").exec(stdout)?.[1];
  const [clock, random] = [code("clock"), code("random")];
  return clock === undefined || random === undefined
    ? null
    : { clock: Number(clock), random: Number(random) };
}

/** Whether the helper may have been for another system than the guest's. */
export function isOtherSystem({ random }: RefreshOutcome): boolean {
  return OTHER_SYSTEM.includes(random);
}

const CLOCK_BEHIND = "the guest's clock could not be set and is behind";

/** What could not be renewed, for people; at most one sentence per cause. */
export function refreshProblems({ clock, random }: RefreshOutcome): readonly string[] {
  if (clock !== 0 && random === REFUSED) {
    return [`${CLOCK_BEHIND}, and its random numbers may repeat: the commands for both want root`];
  }
  return [
    ...(clock === 0 ? [] : [`${CLOCK_BEHIND}: its date command refused`]),
    ...(random === 0 ? [] : [randomProblem(REASONS[random] ?? `the helper ended with exit code ${random}`)]),
  ];
}

export function randomProblem(why: string): string {
  return `the guest's random numbers could not be renewed and may repeat those of other runs: ${why}`;
}
