import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { writeFile, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { startChild, type Child } from "../process/child";
import { readProcess } from "../process/process-table";

/** Longest path of a socket on Linux is 107; OpenSSH adds 17 characters while it makes one. */
const LONGEST_FOLDER = 70;

/**
 * Waits for the end of its owner (end of file), then stops what the owner has left running and removes the folder:
 * so that an owner killed hard leaves neither an agent with a key nor an open connection behind.
 */
const KEEPER = `cat >/dev/null
for file in "$1"/*.pid; do
  read -r pid <"$file" 2>/dev/null && kill "$pid"
done 2>/dev/null
rm -rf "$1"`;

/** Who made a private folder, in the folder: by it others know that it is abandoned. */
export const OWNER_FILE = "owner";
export const OwnerOfFolder = z.object({
  pid: z.number(),
  startedAt: z.string(),
  keeper: z.number(),
  /** Process ids mean something in one namespace only; empty: the system has none. */
  namespace: z.string(),
});
export type OwnerOfFolder = z.infer<typeof OwnerOfFolder>;

export function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** A folder that only this user can enter, for sockets and settings; it ends with its owner. Holds no secret. */
export class PrivateFolder {
  readonly path: string;
  private readonly keeper: Child;

  constructor() {
    this.path = mkdtempSync(join(privateBase(), "gf-"));
    this.keeper = startChild(["sh", "-c", KEEPER, "keeper", this.path], { stdin: "pipe" });
    detach(this.keeper);
    const owner: OwnerOfFolder = {
      pid: process.pid,
      startedAt: readProcess(process.pid)?.startedAt ?? "",
      keeper: this.keeper.process.pid ?? 0,
      namespace: pidNamespace(),
    };
    writeFileSync(this.file(OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Has the keeper end this process, if the owner does not. The returned function withdraws that. */
  async watch(name: string, pid: number | undefined): Promise<() => Promise<void>> {
    if (pid === undefined) return () => Promise.resolve();
    const file = this.file(`${name}.pid`);
    await writeFile(file, `${pid}\n`, { mode: 0o600 });
    return () => rm(file, { force: true });
  }

  /** Ends what still runs and removes the folder. */
  async remove(): Promise<void> {
    attach(this.keeper);
    this.keeper.process.stdin?.end();
    await this.keeper.ended;
    // In case that somebody has ended the keeper.
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Where private folders are made. */
export function privateBase(): string {
  return tmpdir().length > LONGEST_FOLDER ? "/tmp" : tmpdir();
}

/** Lets this process end while the child still runs. */
export function detach(child: Child): void {
  for (const handle of handlesOf(child)) handle.unref?.();
}

/** Undoes `detach`: somebody waits for the child again. */
export function attach(child: Child): void {
  for (const handle of handlesOf(child)) handle.ref?.();
}

/** The process and its pipes: sockets, which the types call streams. */
function handlesOf({ process }: Child): readonly { ref?: () => void; unref?: () => void }[] {
  const pipes = [process.stdin, process.stdout, process.stderr].filter((pipe) => pipe instanceof Socket);
  return [process, ...pipes];
}
