import { z } from "zod";
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
export const whole = (least: number, what: string) => z.int(what).min(least, what);
export const seconds = () => z.number("seconds, more than 0").positive("seconds, more than 0");
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
  const what = 'a number of MiB (16 at least), or text as "512MiB", "2GiB"';
  return z
    .union([z.int(what).min(16, what), z.string(what).regex(SIZE, what)], what)
    .transform((size) => (typeof size === "number" ? size : toMiB(size)))
    .refine((size) => size >= 16, what);
};

/** GiB as a number, or text with a unit: `20`, `"20GiB"`, `"512MiB"`. Gives GiB. */
export const diskSize = () => {
  const what = 'a number of GiB, or text as "10GiB", "512MiB"';
  return z
    .union([z.number(what).positive(what), z.string(what).regex(SIZE, what)], what)
    .transform((size) => (typeof size === "number" ? size : toMiB(size) / 1024));
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
