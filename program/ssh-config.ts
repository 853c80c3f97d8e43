import * as pulumi from "@pulumi/pulumi";
import { writeFarmConfig } from "../cli/access/config-file";
import type { GuestAccessSpec } from "../cli/access/spec";
import type { RegisteredGuests } from "./registered";

/**
 * Writes the OpenSSH configuration of a farm's guests while an update makes them; a guest that fails is not in it.
 * Previews change nothing.
 */
export function writeSshConfig(programFolder: string, stack: string, farm: RegisteredGuests): void {
  if (pulumi.runtime.isDryRun()) return;
  const known = new Map<string, GuestAccessSpec>();
  for (const [name, { guest }] of farm.guests) {
    guest.access.apply((access) => {
      known.set(name, access);
      const inOrder = [...farm.guests.keys()].flatMap((each) => known.get(each) ?? []);
      writeFarmConfig(programFolder, stack, inOrder);
    });
  }
}
