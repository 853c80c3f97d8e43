import type { WrittenStep } from "../file/schema";

const LONGEST = 60;

/** The name that a step has, or one made from its action; expressions in it are as they are written. */
export function stepName(written: WrittenStep): string {
  const { name } = written.step;
  if (name !== undefined) return name;
  return escapeExpressions(shorten(describe(written)));
}

function describe(written: WrittenStep): string {
  switch (written.action) {
    case "run":
      return written.step.run;
    case "local":
      return `local: ${written.step.local.trim()}`;
    case "script":
      return `script ${written.step.script}`;
    case "copy":
      return `copy ${written.step.copy} to ${written.step.to}`;
    case "fetch":
      return `fetch ${written.step.fetch}`;
    case "write":
      return `write ${written.step.write}`;
    case "reboot":
      return "reboot";
    case "waitFor": {
      const [[what, value]] = Object.entries(written.step.waitFor) as [[string, string | number]];
      return `wait for ${what} ${value}`;
    }
    case "include":
      return `include ${written.step.include}`;
    case "checkpoint":
      return `checkpoint ${written.step.checkpoint}`;
    case "restoreCheckpoint":
      return `restore checkpoint ${written.step.restoreCheckpoint}`;
    case "skip":
      return `skip ${[written.step.skip].flat().join(", ")}`;
  }
}

/** A made-up name shows an expression instead of its value: the value may be a secret. */
function escapeExpressions(text: string): string {
  return text.replaceAll("${{", () => "$${{");
}

function shorten(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 3)}...` : line;
}
