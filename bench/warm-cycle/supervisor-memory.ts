import { readdirSync, readFileSync } from "node:fs";

/** Watches how much memory supervisors use at most. */
export class SupervisorMemory {
  #mostKiB = 0;
  readonly #timer = setInterval(() => this.#look(), 100);

  /** MB at most, of any one supervisor. */
  stop(): number {
    clearInterval(this.#timer);
    return this.#mostKiB / 1024;
  }

  #look(): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      if (!read(`/proc/${pid}/cmdline`).includes("supervisor-main")) continue;
      const most = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
      this.#mostKiB = Math.max(this.#mostKiB, Number(most ?? 0));
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
