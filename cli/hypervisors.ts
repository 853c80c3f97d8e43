import { SYSTEM_PATHS } from "../definitions/builtin/defaults";
import { resolveFarm } from "../definitions/resolve";
import { UserError } from "../definitions/user-error";
import { readFarmFolder } from "../discovery/farm-folder";
import { HypervisorSpec } from "../hypervisor/spec";

/** Which hypervisors a command works with. */
export interface HypervisorChoice {
  /** Name of one hypervisor of the farm; default: all of the farm, or this machine when no stack is given. */
  readonly hypervisor?: string;
  /** Stack whose farm file names the hypervisors: `stacks/<stack>/farm.yaml`. */
  readonly stack?: string;
  /** Folder of the Pulumi program; default: the current one. */
  readonly folder?: string;
}

/**
 * The hypervisors that a command looks at. Those that are guests of the farm are left out: what is in them goes with them.
 *
 * @param command name of the command, for the remedy
 * @throws UserError for an unknown stack or name, and for the name of one that is a guest.
 */
export function hypervisorsOf(
  command: string,
  { hypervisor, stack, folder = process.cwd() }: HypervisorChoice,
): HypervisorSpec[] {
  if (stack === undefined) {
    if (hypervisor === undefined || hypervisor === "local") return [thisMachine()];
    throw new UserError({
      what: `which farm has hypervisor "${hypervisor}"?`,
      remedy: `guest-farm ${command} ${hypervisor} --stack <stack>`,
    });
  }
  const { farmFile, files } = readFarmFolder(folder, `stacks/${stack}/farm.yaml`);
  const farm = resolveFarm({ stack, farmFile, files });
  const chosen = farm.hypervisors.filter(({ name }) => hypervisor === undefined || name === hypervisor);
  if (chosen.length === 0) {
    throw new UserError({
      what: "the farm has no such hypervisor",
      file: farmFile.name,
      found: hypervisor ?? "none",
      allowed: farm.hypervisors.map(({ name }) => name).join(", "),
    });
  }
  return chosen.flatMap(({ name, uri, connection, diskPoolPath, imageCachePath }) => {
    if (connection.type === "guest") {
      if (hypervisor === undefined) return [];
      throw insideGuest(name, connection.guest, stack);
    }
    return HypervisorSpec.parse({
      name,
      uri,
      connection,
      diskPoolPath: diskPoolPath ?? SYSTEM_PATHS.diskPoolPath,
      imageCachePath: imageCachePath ?? SYSTEM_PATHS.imageCachePath,
    });
  });
}

function insideGuest(name: string, guest: string, stack: string): UserError {
  return new UserError({
    what: `hypervisor "${name}" is guest "${guest}" of this farm, and is only reached while it runs`,
    remedy: `leave the name out to look at the others; while it is on, guest-farm ssh ${guest} --stack ${stack} leads into it`,
  });
}

function thisMachine(): HypervisorSpec {
  return { name: "local", uri: "qemu:///system", connection: { type: "local" }, ...SYSTEM_PATHS };
}
