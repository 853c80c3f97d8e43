import { z } from "zod";
import { RANGES, WHOLE_RANGE } from "../../definitions/ranges";
import { PHASES } from "../../definitions/phase-names";
import { anyText, Env, Expect, Mode, seconds, Shell, strictMap, text } from "./values";

const named = {
  name: text("What the step is called in logs and reports. Default: made from the action.").optional(),
  when: z
    .union([z.string().min(1), z.boolean()], { error: "an expression, or true/false" })
    .optional()
    .describe("The step runs only if this is true. An expression; ${{ }} around it may be left out."),
};
const RETRIES = WHOLE_RANGE(RANGES.retries);
const repeated = {
  timeout: seconds("Time limit of one try, in seconds. Default: the guest's phaseTimeout.").optional(),
  retries: z
    .number({ error: RETRIES })
    .int(RETRIES)
    .min(RANGES.retries.least, RETRIES)
    .max(RANGES.retries.most, RETRIES)
    .optional()
    .describe("How often the step is tried again after a failure. Default: 0."),
  retryDelay: seconds("Time between two tries, in seconds. Default: 5.").optional(),
};
const asUser = {
  user: text(
    "User in the guest. Default: the login user. Another one is reached by the guest's become.",
  ).optional(),
};
const command = {
  env: Env.optional(),
  stdin: anyText("Standard input of the command. Default: nothing.").optional(),
  creates: text("A file or folder; if it is there, the step is skipped.").optional(),
  expect: Expect.optional(),
};
const inGuest = {
  ...command,
  shell: Shell.optional(),
  ...asUser,
  dir: text("Working folder in the guest. Default: the login folder.").optional(),
};
const access = {
  mode: Mode.optional(),
  owner: text("Owner in the guest, as user or user:group. Default: the user of the step.").optional(),
};

const ONE_TARGET = "one of {port: 8080}, {file: /path}, {command: text}";
const WaitTarget = strictMap(
  {
    port: z
      .union([z.number().int().min(1).max(65_535), z.string().min(1)], { error: "a port from 1 to 65535" })
      .optional()
      .describe("A TCP port of the guest that something listens on."),
    file: text("A file or folder of the guest that exists.").optional(),
    command: text("A command in the guest that ends with exit code 0.").optional(),
  },
  ONE_TARGET,
).refine((target) => Object.keys(target).length === 1, {
  error: ONE_TARGET,
  when: ({ issues }) => issues.length === 0,
});

const PhaseToSkip = z.enum(PHASES, { error: `one of ${PHASES.join(", ")}` });

/** The actions of steps, by the key that tells them apart; each with all keys that such a step may have. */
export const ACTIONS = {
  run: strictMap({ run: text("Shell text to run in the guest."), ...named, ...inGuest, ...repeated }),
  script: strictMap({
    script: text("A script file, sent as it is; relative to this file."),
    ...named,
    ...inGuest,
    ...repeated,
  }),
  copy: strictMap({
    copy: text("A file or folder of the project, relative to this file."),
    to: text("Path in the guest; a relative one begins in the login folder."),
    ...named,
    ...access,
    ...asUser,
    ...repeated,
  }),
  fetch: strictMap({
    fetch: text("A file or folder of the guest; a relative one begins in the login folder."),
    to: text("Path in the run's artifacts folder. Default: the last part of the guest's path.").optional(),
    ...named,
    ...asUser,
    ...repeated,
  }),
  write: strictMap({
    write: text("Path of a file in the guest; parent folders are made."),
    content: anyText("Content of the file."),
    ...named,
    ...access,
    ...asUser,
    ...repeated,
  }),
  reboot: strictMap({
    reboot: z
      .literal(true, { error: "true" })
      .describe("Reboots the guest and waits until it is ready again."),
    ...named,
    timeout: repeated.timeout,
  }),
  waitFor: strictMap({
    waitFor: WaitTarget.describe("What to wait for."),
    every: seconds("Time between two looks, in seconds. Default: 1.").optional(),
    shell: Shell.optional(),
    ...named,
    ...asUser,
    timeout: repeated.timeout,
  }),
  local: strictMap({
    local: text("Shell text (sh) to run on the controller."),
    dir: text("Working folder, relative to this file. Default: this file's folder.").optional(),
    ...named,
    ...command,
    ...repeated,
  }),
  include: strictMap({ include: text("Another phase file, relative to this file."), ...named }),
  checkpoint: strictMap({
    checkpoint: text("Name of a snapshot of the guest, for restoreCheckpoint in the same run."),
    ...named,
    timeout: repeated.timeout,
  }),
  restoreCheckpoint: strictMap({
    restoreCheckpoint: text("Name of a checkpoint that this run has made."),
    ...named,
    timeout: repeated.timeout,
  }),
  skip: strictMap({
    skip: z
      .union([PhaseToSkip, z.array(PhaseToSkip).min(1)], { error: "the name of a later phase, or a list" })
      .describe("Later phases of this run to leave out."),
    ...named,
  }),
} as const;

export type ActionName = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[];

/** A step as it is written, checked. */
export type WrittenStep = {
  [Name in ActionName]: { readonly action: Name; readonly step: z.infer<(typeof ACTIONS)[Name]> };
}[ActionName];

/** The file as a whole; its steps are checked one by one, each against its own action. */
export const PhaseFileShape = strictMap(
  { steps: z.array(z.unknown(), { error: "a list of steps" }) },
  "a map with `steps`",
);
