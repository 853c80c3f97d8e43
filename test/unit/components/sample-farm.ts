import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { resolveFarm } from "../../../definitions";
import { placeFarm, type PlacedGuest } from "../../../definitions/placement/place-farm";
import type { HypervisorSpec } from "../../../hypervisor/spec";

/** A hypervisor that nobody talks to. */
export function hypervisor(name: string): HypervisorSpec {
  const folders = { diskPoolPath: "/pool/guests", imageCachePath: "/pool/images" };
  return { name, uri: "qemu:///system", connection: { type: "local" }, ...folders };
}

/** The guests of a farm file as placed on hypervisors that can run everything. */
export function placed(farm: Readonly<Record<string, unknown>>): PlacedGuest[] {
  const resolved = resolveFarm({
    stack: "mine",
    farmFile: { name: "farm.yaml", text: stringify(farm) },
    files: {},
  });
  const arch = {
    domainTypes: ["qemu" as const],
    emulators: ["/usr/bin/qemu"],
    machines: ["pc", "q35", "virt"],
  };
  const facts = { arches: { x86_64: arch, aarch64: arch }, cpus: 4, memoryMiB: 16_384, diskGiB: 100 };
  return placeFarm(resolved, Object.fromEntries(resolved.hypervisors.map(({ name }) => [name, { facts }])));
}

/** A folder of phase files for the time of a test. */
export class PhaseFiles {
  readonly path = mkdtempSync(join(tmpdir(), "guest-farm-phases-"));

  write(name: string, ...steps: readonly unknown[]): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, stringify({ steps }));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
