import { placeOf } from "../../hypervisor/same-hypervisor";
import type { HypervisorSpec } from "../../hypervisor/spec";

/**
 * What this process, which lasts as long as one update, has made or found and taken over. A resource that Pulumi makes
 * before it deletes the old one of the same object (it has another name or parent now, or its hypervisor has) finds the
 * object: deleting the old resource must not remove it.
 */
export class TakenOver {
  readonly #uuids = new Set<unknown>();
  readonly #places = new Set<string>();

  note(spec: Located, uuid: string): void {
    this.#uuids.add(uuid);
    this.#places.add(keyOf(spec));
  }

  has(spec: Located, uuid: unknown): boolean {
    return this.#uuids.has(uuid) || this.#places.has(keyOf(spec));
  }
}

interface Located {
  readonly hypervisor: HypervisorSpec;
  readonly name: string;
}

function keyOf({ hypervisor, name }: Located): string {
  return JSON.stringify([placeOf(hypervisor), name]);
}
