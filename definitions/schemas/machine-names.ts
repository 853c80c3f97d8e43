import { z } from "zod";

/** Words that end up in other programs' command lines, files of one line per item, or addresses. */
const word = (what: string, pattern: RegExp, most: number) =>
  z
    .string(what)
    .min(1, what)
    .max(most, what)
    .refine((written) => pattern.test(written), what);

/** Name of a guest's system: labels of letters, digits, dash and underscore, with dots between them. */
export const hostname = () =>
  word(
    "a host name: letters, digits, - and _, up to 63 between two dots",
    /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/,
    253,
  );

/** Host name or address of a machine to connect to. ssh would take a leading dash for an option. */
export const hostAddress = (what = "a host name or an address, without spaces") =>
  word(what, /^[^-\s@/\p{Cc}][^\s@/\p{Cc}]*$/u, 253);

/** Account to log in with. */
export const loginName = (what = "a login name, without control characters") =>
  word(what, /^[^-\s\p{Cc}][^\p{Cc}]*$/u, 128);

/** Account that a seed makes, one per line of a file with colons between the fields. */
export const accountName = () =>
  word("a login name, without spaces, colons and commas, 32 at most", /^[^-\s:,/\p{Cc}][^\s:,/\p{Cc}]*$/u, 32);

export const oneLine = (what: string) => word(what, /^[^\p{Cc}]+$/u, 4096);

export const fileMode = () => word('octal, as "0644"', /^(?:0o?)?[0-7]{3,4}$/, 6);

/** A zone of the tz database, as far as this Node knows it. */
export const timezone = () =>
  z.string(ZONE).refine((zone) => {
    if (!/^[A-Za-z]/.test(zone)) return false;
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone.replace(/^(?:posix|right)\//, "") });
      return true;
    } catch {
      return false;
    }
  }, ZONE);

const ZONE = "a time zone of the tz database, as Europe/Rome or UTC";

/** Whether `ssh://[user@]host[:port]` can be taken apart. */
export function isSshAddress(written: string): boolean {
  if (/\s/.test(written) || written.startsWith("ssh://-")) return false;
  try {
    const { hostname: host, username, port } = new URL(written);
    return host !== "" && !host.startsWith("-") && !decodeURIComponent(username).startsWith("-") && port !== "0";
  } catch {
    return false;
  }
}
