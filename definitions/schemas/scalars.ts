import { z } from "zod";
import { RANGES, SECONDS_RANGE, WHOLE_RANGE, type Range } from "../ranges";
import { keysMessage } from "../source/mistakes";

/** A map that refuses unknown keys and says which there are. */
export function strictMap<T extends z.ZodRawShape>(shape: T, what = "a map") {
  const keys = keysMessage(Object.keys(shape));
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? keys : what) });
}

/** A closed set of words. */
export function oneWordOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, `one of ${words.join(", ")}`);
}

export const text = (what = "text") => z.string(what).min(1, what);
export const flag = () => z.boolean("true or false");
export const whole = ({ least, most }: Range, what = WHOLE_RANGE({ least, most })) =>
  z.int(what).min(least, what).max(most, what);
export const seconds = ({ least, most }: Range = RANGES.seconds, what = SECONDS_RANGE({ least, most })) =>
  z.number(what).min(least, what).max(most, what);
export const port = () =>
  z.int("a port, 1 to 65535").min(1, "a port, 1 to 65535").max(65535, "a port, 1 to 65535");

/** Name of a platform, target, hypervisor, network or image. */
export const definitionName = () =>
  z
    .string("a name")
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      "a name of letters, digits, dot, dash and underscore, 64 at most",
    );

/** Name of a guest, project or revision: free text that can be part of a snapshot's and a domain's name. */
export const freeName = (what: string) =>
  z
    .string(what)
    .max(128, what)
    .refine((name) => /^[^\s/](?:[^/\p{Cc}]*[^\s/])?$/u.test(name) && !/^\.+$/.test(name), what);

const UNITS: Readonly<Record<string, number>> = {
  MiB: 1,
  M: 1,
  GiB: 1024,
  G: 1024,
  TiB: 1048576,
  T: 1048576,
};
const SIZE = /^([0-9]+(?:\.[0-9]+)?) ?(MiB|GiB|TiB|M|G|T)$/;

function toMiB(size: string): number {
  const [, amount = "0", unit = "MiB"] = SIZE.exec(size) ?? [];
  return Math.ceil(Number(amount) * (UNITS[unit] ?? 1));
}

/** MiB as a number, or text with a unit: `512`, `"2GiB"`, `"1.5 GiB"`. */
export const memorySize = () => {
  const { least, most } = RANGES.memoryMiB;
  const what = `a number of MiB, or text as "512MiB", "2GiB"; from ${least} MiB to ${most / 1024 ** 2} TiB`;
  return z
    .union([z.int(what).min(least, what).max(most, what), z.string(what).regex(SIZE, what)], what)
    .transform((size) => (typeof size === "number" ? size : toMiB(size)))
    .refine((size) => size >= least && size <= most, what);
};

/** GiB as a number, or text with a unit: `20`, `"20GiB"`, `"512MiB"`. Gives GiB. */
export const diskSize = () => {
  const { least, most } = RANGES.diskGiB;
  const what = `a number of GiB, or text as "10GiB", "512MiB"; from 1 MiB to ${most / 1024} TiB`;
  return z
    .union([z.number(what).min(least, what).max(most, what), z.string(what).regex(SIZE, what)], what)
    .transform((size) => (typeof size === "number" ? size : toMiB(size) / 1024))
    .refine((size) => size >= least && size <= most, what);
};

/** Text, or `{secret: key}` for a secret of the stack's configuration. */
export const secretText = () =>
  z.union(
    [z.string(), strictMap({ secret: text("name of a config key") })],
    "text, or {secret: name of a config key}",
  );

/** Labels; numbers and booleans become text. */
export const labels = () =>
  z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()], "text, a number or true/false").transform(String),
    "a map of labels",
  );

/** Data of the user's own, of any shape. */
export const anyMap = () => z.record(z.string(), z.unknown(), "a map");
