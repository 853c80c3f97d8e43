// What set-up prints: one line per step that does something, with the seconds ticking when a step takes long.

const TICK_MS = 1000;
/** On a terminal the line is rewritten; in a log a fresh line every ten seconds is enough. */
const LOG_TICK_MS = 10_000;
/** Steps below this say nothing about their time. */
const SLOW_MS = 5000;
const LAST_LINE_WIDTH = 70;

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** @param {string} text */
export function warn(text) {
  process.stderr.write(`${text}\n`);
}

/** A user's problem: printed without a stack trace, with what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} problem
   * @param {string} remedy
   */
  constructor(problem, remedy) {
    super(`${problem}\n  ${remedy.split("\n").join("\n  ")}`);
    this.name = "SetupError";
  }
}

/**
 * Runs one step of set-up under its title and shows that it is alive while it runs.
 *
 * @template T
 * @param {string} title
 * @param {(report: (line: string) => void) => Promise<T>} work `report` takes the latest line of output
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = Date.now();
  const terminal = process.stdout.isTTY === true;
  let lastLine = "";
  say(`- ${title}`);
  const timer = setInterval(
    () => tick(terminal, Math.round((Date.now() - started) / 1000), lastLine),
    terminal ? TICK_MS : LOG_TICK_MS,
  );
  try {
    const result = await work((line) => (lastLine = line));
    const took = Date.now() - started;
    if (took > SLOW_MS) finish(terminal, `  done in ${Math.round(took / 1000)} s`);
    return result;
  } finally {
    clearInterval(timer);
    if (terminal) process.stdout.write("\r\x1b[K");
  }
}

/**
 * @param {boolean} terminal
 * @param {number} seconds
 * @param {string} lastLine
 */
function tick(terminal, seconds, lastLine) {
  const text = `  ${seconds} s${lastLine ? `: ${lastLine.trim().slice(0, LAST_LINE_WIDTH)}` : ""}`;
  process.stdout.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
}

/**
 * @param {boolean} terminal
 * @param {string} text
 */
function finish(terminal, text) {
  process.stdout.write(terminal ? `\r\x1b[K${text}\n` : `${text}\n`);
}
