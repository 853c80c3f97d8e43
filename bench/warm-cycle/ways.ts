import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guestFiles } from "../../hypervisor/guest-files";
import { SnapshotRecord } from "../../hypervisor/snapshots/record";
import type { BenchFarm, BenchGuest } from "./bench-farm";

/** One way to do a warm run of all guests at once; resolves when all are off again. */
export type Way = (bench: BenchFarm, round: number) => Promise<void>;

/** The lifecycle by itself, as the command resource starts it. */
export const lifecycle: Way = async ({ farm, guests }) => {
  const script = 'require("guest-farm/lifecycle").main()';
  await Promise.all(guests.map(({ stdin }) => run(process.execPath, ["-e", script], farm.folder, stdin)));
};

/** The whole of `pulumi up`, forced to run. */
export const pulumiUp: Way = async ({ farm }, round) => {
  const config = await farm.pulumi("config", "set", "-s", farm.stack, "guest-farm:rerun", String(round));
  if (config.exitCode !== 0) throw new Error(config.output);
  const up = await farm.up();
  if (up.exitCode !== 0) throw new Error(up.output);
};

export const scriptAtOnce: Way = (bench) => scripts(bench, "at-once");
export const scriptGraceful: Way = (bench) => scripts(bench, "graceful");

async function scripts({ farm, guests, keyFile }: BenchFarm, way: "at-once" | "graceful"): Promise<void> {
  await Promise.all(
    guests.map((guest, index) => {
      const overlay = join(
        guestFiles(guest.spec.hypervisor.diskPoolPath, guest.spec.name).folder,
        `peer.qcow2`,
      );
      const known = join(farm.folder, "peer", `known-hosts-${index}`);
      writeFileSync(known, guest.knownHost);
      const { disk, memory } = snapshotFiles(guest);
      const args = [way, guest.spec.name, disk, memory, overlay, String(guest.port), keyFile, known];
      return run("bash", [join(__dirname, "peer.sh"), ...args], farm.folder, "");
    }),
  );
}

/** Frozen disk and memory file of the guest's init snapshot. */
function snapshotFiles({ spec }: BenchGuest): { disk: string; memory: string } {
  const files = guestFiles(spec.hypervisor.diskPoolPath, spec.name);
  const record = SnapshotRecord.parse(
    JSON.parse(readFileSync(join(files.snapshots, "bench.1.init.json"), "utf8")),
  );
  const path = (stamp: { path: string } | null | undefined) => join(files.folder, stamp?.path ?? "");
  return { disk: path(record.disks[0]), memory: path(record.memory) };
}

function run(program: string, args: readonly string[], cwd: string, stdin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["pipe", "pipe", "pipe"] });
    const said: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`${program} ended with ${code ?? "a signal"}: ${Buffer.concat(said).toString()}`));
    });
    child.stdin.end(stdin);
  });
}
