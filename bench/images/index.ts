import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import type { ImageDefinition } from "../../definitions/images";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import { ensureImage } from "../../hypervisor/images/ensure-image";
import { verifyBase } from "../../hypervisor/images/verify";
import { median } from "../median";
import type { Goal } from "../warm-cycle";

const run = promisify(execFile);
const MEBIBYTE = 1024 ** 2;
const IMAGE_MEBIBYTES = 1024;
const GUESTS = 20;
const SILENT = { progress: () => undefined, warning: () => undefined };

/**
 * Measures what images cost: fetching and verifying one of 1 GiB, beside curl and the hash one after the other; and
 * the work on images of an update with twenty guests when all is in the cache.
 */
export async function benchImages(rounds: number): Promise<Goal[]> {
  const folder = mkdtempSync(join(tmpdir(), "guest-farm-bench-images-"));
  const digest = writeImage(join(folder, "disk.img"));
  const server = spawn(process.execPath, [join(__dirname, "file-server.cjs"), join(folder, "disk.img")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(server.stdout, "data")) as [Buffer];
    const url = `http://127.0.0.1:${port.toString().trim()}/disk.img`;
    const times = { ours: [] as number[], apart: [] as number[] };
    const warm: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const host = hostIn(join(folder, `round-${round}`));
      times.apart.push(await seconds(() => fetchAndHash(url, join(folder, "plain.img"))));
      times.ours.push(await seconds(() => ensureImage(host, definition(url, digest), SILENT)));
      warm.push(await seconds(() => imagesOfFarm(host, definition(url, digest))));
      await host.close();
      rmSync(join(folder, `round-${round}`), { recursive: true });
    }
    print(`fetch and verify ${IMAGE_MEBIBYTES} MiB`, times.ours);
    print("curl, then sha256sum", times.apart);
    print(`images of ${GUESTS} guests on a warm cache`, warm);
    return [
      {
        what: "image of 1 GiB / curl, then sha256sum",
        found: ratio(times.ours, times.apart),
        most: 1,
      },
      { what: "images per guest on a warm cache, ms", found: (1000 * median(warm)) / GUESTS, most: 100 },
    ];
  } finally {
    server.stdin.end();
    rmSync(folder, { recursive: true });
  }
}

/** What an update of a new farm does about images: the one resource that they share, and the check before each disk. */
async function imagesOfFarm(host: HypervisorHost, image: ImageDefinition): Promise<void> {
  const base = await ensureImage(host, image, SILENT);
  await Promise.all(Array.from({ length: GUESTS }, () => verifyBase(host, base)));
}

function definition(url: string, value: string): ImageDefinition {
  const checksum = { kind: "literal", algorithm: "sha256", value } as const;
  return { name: "bench/amd64", source: { kind: "url", url, checksum }, format: "raw", steps: [] };
}

function hostIn(folder: string): HypervisorHost {
  return openHypervisor({
    name: "bench",
    uri: "test:///default",
    connection: { type: "local" },
    diskPoolPath: join(folder, "guests"),
    imageCachePath: join(folder, "images"),
  });
}

/** Bytes that nothing can shorten. @returns their sha256, hex. */
function writeImage(file: string): string {
  const hash = createHash("sha256");
  const output = openSync(file, "w");
  for (let part = 0; part < IMAGE_MEBIBYTES; part++) {
    const bytes = randomBytes(MEBIBYTE);
    hash.update(bytes);
    writeSync(output, bytes);
  }
  closeSync(output);
  return hash.digest("hex");
}

async function fetchAndHash(url: string, file: string): Promise<void> {
  await run("curl", ["--silent", "--fail", "--output", file, url]);
  await run("sha256sum", [file]);
  rmSync(file);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function print(what: string, values: readonly number[]): void {
  const all = values.map((value) => value.toFixed(2)).join(", ");
  process.stdout.write(`${what.padEnd(40)} median ${median(values).toFixed(2)} s  (${all})\n`);
}

function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours) / median(theirs);
}
