import { FolderOwner } from "../domain/ownership";
import { readDefinition } from "../domain/xml/read-definition";
import type { HypervisorHost } from "../host";
import { definedNetwork } from "../networks/libvirt-network";
import type { Found, FoundDomain, FoundFolder, FoundNetwork, FoundWork, Reference } from "./found";
import { REFERENCE_SCRIPT, SURVEY_SCRIPT } from "./survey-script";

/** Looking reads the beginning of every disk file. */
const TIMEOUT_MS = 600_000;

/** Looks at all that a sweep may be about. Changes nothing. @throws CommandError when libvirt or the host refuses. */
export async function survey(host: HypervisorHost): Promise<Found> {
  const [domains, networks, lines] = await Promise.all([
    findDomains(host),
    findNetworks(host),
    host.shell.output({
      argv: ["bash", "-c", SURVEY_SCRIPT, "sh", host.spec.diskPoolPath, host.spec.imageCachePath],
      timeoutMs: TIMEOUT_MS,
    }),
  ]);
  return { domains, networks, ...parseSurvey(lines) };
}

/** @throws Error when not everything can be looked at: then nothing may be called unused. */
export async function findReferences(
  host: HypervisorHost,
  folders: readonly string[],
): Promise<readonly Reference[]> {
  if (folders.length === 0) return [];
  const argv = ["sh", "-c", REFERENCE_SCRIPT, "sh", host.spec.diskPoolPath, host.spec.uri, ...folders];
  const lines = (await host.shell.output({ argv, timeoutMs: TIMEOUT_MS })).split("\n");
  const problem = lines.find((line) => line.startsWith("problem "));
  if (problem !== undefined) {
    throw new Error(
      `it cannot be known what is in use on "${host.spec.name}": ${problem.slice("problem ".length)}`,
    );
  }
  return lines.flatMap((line) => {
    const [, from, to] = /^reference (.*?)\/(\/.*)$/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
}

/** The lines of the survey's script. */
export function parseSurvey(text: string): Pick<Found, "folders" | "work"> {
  const folders: FoundFolder[] = [];
  const work: FoundWork[] = [];
  for (const line of text.split("\n")) {
    const folder = /^folder (\d+) (held|free) (kept|-) (\S+) (\/.*)$/.exec(line);
    if (folder !== null) {
      const [, at = "0", held, kept, mark = "-", path = ""] = folder;
      const owner = mark === "-" ? null : parseOwner(mark);
      folders.push({
        path,
        owner,
        domain: owner?.domain ?? null,
        keepRunning: owner?.keepRunning ?? false,
        kept: kept === "kept",
        leaseHeld: held === "held",
        changedAt: Number(at) * 1000,
      });
    }
    const [, at = "0", held, lock = "", path = ""] = /^work (\d+) (held|free) (\S+) (\/.*)$/.exec(line) ?? [];
    if (path !== "") work.push({ path, lock, lockHeld: held === "held", changedAt: Number(at) * 1000 });
  }
  return { folders, work };
}

function parseOwner(base64: string): FolderOwner | null {
  try {
    return FolderOwner.safeParse(JSON.parse(Buffer.from(base64, "base64").toString())).data ?? null;
  } catch {
    return null;
  }
}

async function findDomains(host: HypervisorHost): Promise<FoundDomain[]> {
  const names = lines(await host.virsh(["list", "--all", "--name"]));
  const found = await Promise.all(
    names.map(async (name) => {
      const inactive = await host.tryVirsh(["dumpxml", "--inactive", "--domain", name]);
      // One that goes meanwhile is somebody else's business.
      if (inactive.exitCode !== 0) return [];
      const active = await host.tryVirsh(["dumpxml", "--domain", name]);
      const definitions = [inactive, active].flatMap(({ exitCode, stdout }) =>
        exitCode === 0 ? [readDefinition(stdout)] : [],
      );
      return [
        {
          name,
          owner: definitions[0]?.owner ?? null,
          files: definitions.flatMap(({ disks }) => disks.flatMap(({ source }) => source ?? [])),
          networks: definitions.flatMap(({ nics }) =>
            nics.flatMap((nic) => (nic.kind === "network" ? [nic.network] : [])),
          ),
        },
      ];
    }),
  );
  return found.flat();
}

async function findNetworks(host: HypervisorHost): Promise<FoundNetwork[]> {
  const names = lines(await host.virsh(["net-list", "--all", "--name"]));
  const found = await Promise.all(names.map((name) => definedNetwork(host, name)));
  return found.flatMap((network, index) =>
    network === null ? [] : [{ name: names[index] ?? "", owner: network.owner }],
  );
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
