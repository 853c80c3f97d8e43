import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { resolveFarm, settingsOn, UserError } from "../definitions";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { ArgumentError } from "./argument-error";

/** A guest as an item of a farm file's `guests.list`, with the same keys. */
export interface GuestItem {
  /** Built-in platform, such as `debian-12` or `tiny`. */
  platform: string;
  /** Built-in target, such as `amd64`. */
  target: string;
  /** Default: `<platform>-<target>`. */
  name?: string;
  /** libvirt's domain type. Default: `kvm`; on hosts without KVM use `qemu`. */
  type?: "kvm" | "qemu";
  /** MiB. */
  memory?: number;
  vcpus?: number;
  /** Any other key of the farm file; see `docs/farm-file.md`. */
  [key: string]: unknown;
}

/**
 * Defines one guest for a program of your own, from the same platforms, targets and keys that a farm file has.
 *
 * @throws InputPropertyError for unknown platforms, targets and keys, and values of the wrong kind.
 */
export function defineGuest(item: GuestItem): PlacedGuest {
  const { type = "kvm" } = item;
  const text = stringify({ hypervisors: { here: {} }, guests: { list: [item] } });
  try {
    const farm = resolveFarm({
      farmFile: { name: "defineGuest", text },
      files: {},
      stack: pulumi.getStack(),
    });
    const [[guest], [here]] = [farm.guests, farm.hypervisors];
    if (guest === undefined || here === undefined) throw new Error("a guest that is defined has to be there");
    const settings = settingsOn(farm, guest, here.name);
    const { name: hypervisor, limits } = here;
    return { ...guest, hypervisor, type, cpu: guest.cpu[type], settings, limits, problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [first] = error.mistakes;
    const path = first?.path?.replace(/^guests\.list\[0\]\.?/, "") ?? "";
    throw new ArgumentError(path, error.message);
  }
}
