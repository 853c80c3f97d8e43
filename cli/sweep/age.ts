import { UsageError } from "../command";

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of an age such as `30m`, `2h`, `7d`; a number alone means hours. @throws UsageError. */
export function parseAge(text: string): number {
  const [, number, unit = "h"] = /^(\d+(?:\.\d+)?)([mhd])?$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new UsageError({
    what: "--older-than takes an age",
    found: text,
    allowed: "a number with m, h or d, as 30m, 2h, 7d",
  });
}
