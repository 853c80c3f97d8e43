import { mkdirSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFolder } from "../../hypervisor/controller-files";
import { farmConfig } from "./farm-config";
import type { GuestAccessSpec } from "./spec";

/** A link to the socket of the agent that holds the farm's key, while one runs. */
export function agentLink(folder: string, stack: string): string {
  return join(stackFolder(folder, stack), "agent");
}

/**
 * Writes `.guest-farm/<stack>/ssh_config` and the `known_hosts` beside it.
 *
 * @returns path of the configuration.
 */
export function writeFarmConfig(folder: string, stack: string, guests: readonly GuestAccessSpec[]): string {
  const path = stackFolder(folder, stack);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const knownHosts = join(path, "known_hosts");
  const file = join(path, "ssh_config");
  const agent = targetOf(agentLink(folder, stack));
  const texts = farmConfig(guests, { knownHosts, ...(agent === undefined ? {} : { agent }) });
  replace(knownHosts, texts.knownHosts);
  replace(file, texts.config);
  return file;
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** A reader never sees half a file. */
function replace(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}
