import { type Mistake, UserError } from "../definitions/user-error";
import type { DomainSpec, NicSpec } from "./domain/spec";
import type { HypervisorHost } from "./host";
import { type Listener, readListeners } from "./listeners";

type NicOf<Kind extends NicSpec["kind"]> = Extract<NicSpec, { kind: Kind }>;

/**
 * Looks at everything on the hypervisor that the cards of a guest need, before the guest is started: ports that are
 * free, networks, bridges and devices that are there, a QEMU that knows VDE. Changes nothing, but that it starts
 * networks that are off, if that is wanted.
 *
 * @throws UserError with all that is wrong, each with its remedy. What cannot be looked at is left to the start.
 */
export async function checkNetworks(
  host: HypervisorHost,
  spec: DomainSpec,
  startNetworks: boolean,
): Promise<void> {
  const nics = <Kind extends NicSpec["kind"]>(kind: Kind) =>
    spec.nics.filter((nic): nic is NicOf<Kind> => nic.kind === kind);
  const mistakes = await Promise.all([
    portMistakes(host, nics("user")),
    ...nics("network").map(({ network }) => networkMistakes(host, network, startNetworks)),
    ...nics("bridge").map(({ bridge }) => deviceMistakes(host, "bridge", bridge)),
    ...nics("macvtap").map(({ device }) => deviceMistakes(host, "network card", device)),
    ...nics("ethernet").map(({ device }) => deviceMistakes(host, "tap device", device)),
    nics("vde").length === 0 ? [] : vdeMistakes(host, spec),
  ]);
  const all = mistakes.flat();
  if (all.length > 0) throw new UserError(all);
}

async function portMistakes(
  { shell, spec: { name } }: HypervisorHost,
  nics: readonly NicOf<"user">[],
): Promise<readonly Mistake[]> {
  const forwards = nics.flatMap((nic) => nic.forwards);
  if (forwards.length === 0) return [];
  const { exitCode, stdout } = await shell.run({ argv: ["ss", "-Hltnp"] });
  if (exitCode !== 0) return [];
  const listeners = readListeners(stdout);
  return forwards.flatMap(({ hostAddress, hostPort, guestPort }) => {
    const holder = listeners.find((each) => each.port === hostPort && overlaps(each, hostAddress));
    if (holder === undefined) return [];
    return [
      {
        what: `port ${hostPort} of hypervisor "${name}", which is to lead to port ${guestPort} of the guest, is taken`,
        found: `${holder.program ?? "a process of another user"} listens on ${holder.address}:${hostPort}`,
        remedy:
          "end that process, or give the guest another hostPort (forwards) or the farm other ports (from, to)",
      },
    ];
  });
}

/** Whether QEMU could not listen there as well. `[::]` in the output of ss is for IPv6 alone: both are `*`. */
function overlaps({ address }: Listener, wanted: string): boolean {
  if (address === wanted || address === "*") return true;
  if (address.includes(":")) return false;
  return address === "0.0.0.0" || wanted === "0.0.0.0";
}

async function networkMistakes(
  host: HypervisorHost,
  network: string,
  start: boolean,
): Promise<readonly Mistake[]> {
  const [known, active] = await Promise.all([networksOf(host, "--all"), networksOf(host)]);
  if (known === null || active?.includes(network) !== false) return [];
  if (known.includes(network)) return start ? startNetwork(host, network) : [inactive(host, network, active)];
  return [
    {
      what: `hypervisor "${host.spec.name}" has no network "${network}"`,
      allowed: known.filter((name) => name !== "").join(", ") || "none is defined",
      remedy: `declare it in the farm file (networks: {${network}: {cidr: ...}}), or define it with virsh net-define`,
    },
  ];
}

/** Names of the networks; null: libvirt does not say. */
async function networksOf(host: HypervisorHost, ...which: readonly string[]): Promise<string[] | null> {
  const { exitCode, stdout } = await host.tryVirsh(["net-list", "--name", ...which]);
  return exitCode === 0 ? stdout.split("\n").flatMap((line) => line.trim() || []) : null;
}

function inactive(host: HypervisorHost, network: string, active: readonly string[]): Mistake {
  return {
    what: `network "${network}" of hypervisor "${host.spec.name}" is off`,
    allowed: active.length === 0 ? "no network is on" : `those that are on: ${active.join(", ")}`,
    remedy: `virsh net-start ${network}, or startNetworks: true in the farm file`,
  };
}

async function startNetwork(host: HypervisorHost, network: string): Promise<readonly Mistake[]> {
  const { exitCode, stderr } = await host.tryVirsh(["net-start", "--network", network]);
  if (exitCode === 0 || /already active/i.test(stderr)) return [];
  const found = stderr.trim();
  return [
    {
      what: `network "${network}" of hypervisor "${host.spec.name}" cannot be started`,
      found,
      remedy: `virsh net-start ${network}`,
    },
  ];
}

async function deviceMistakes(
  { shell, spec: { name } }: HypervisorHost,
  kind: string,
  device: string,
): Promise<readonly Mistake[]> {
  const { exitCode } = await shell.run({ argv: ["test", "-e", `/sys/class/net/${device}`] });
  if (exitCode === 0) return [];
  return [
    {
      what: `hypervisor "${name}" has no ${kind} "${device}"`,
      remedy: "make it there (ip link), or name another",
    },
  ];
}

/** QEMU's names of architectures in its programs' names, where they are not libvirt's. */
const PROGRAM_ARCH: Readonly<Record<string, string>> = { armv7l: "arm", i686: "i386", ppc64le: "ppc64" };

async function vdeMistakes(
  { shell, spec: { name } }: HypervisorHost,
  spec: DomainSpec,
): Promise<readonly Mistake[]> {
  const emulator = spec.emulator ?? `qemu-system-${PROGRAM_ARCH[spec.arch] ?? spec.arch}`;
  const { exitCode, stdout } = await shell.run({ argv: [emulator, "-machine", "none", "-netdev", "help"] });
  if (exitCode !== 0 || /^vde$/m.test(stdout)) return [];
  return [
    {
      what: `the guest has a VDE network, but ${emulator} of hypervisor "${name}" was built without VDE`,
      found: `its kinds of networks: ${stdout.trim().split("\n").slice(1).join(", ")}`,
      remedy: "install a QEMU with VDE (Debian's has it), or use another kind of network",
    },
  ];
}
