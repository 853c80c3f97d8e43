import type { NicSpec } from "../spec";
import { childrenOf, find, type XmlElement } from "./parse";

/** All network cards of a definition: libvirt's interfaces, then those among the QEMU arguments. */
export function readNics(domain: XmlElement): readonly NicSpec[] {
  const interfaces = (find(domain, "devices")?.children ?? []).filter(({ name }) => name === "interface");
  const qemuArgs = childrenOf(domain, "commandline")
    .flatMap((commandline) => childrenOf(commandline, "arg"))
    .map(({ attributes }) => attributes["value"] ?? "");
  return [...interfaces.flatMap(readInterface), ...readArguments(qemuArgs)];
}

function readInterface(element: XmlElement): readonly NicSpec[] {
  const mac = find(element, "mac")?.attributes["address"] ?? "";
  const source = find(element, "source")?.attributes ?? {};
  switch (element.attributes["type"]) {
    case "network":
      return [{ kind: "network", mac, network: source["network"] ?? "" }];
    case "bridge":
      return [{ kind: "bridge", mac, bridge: source["bridge"] ?? "" }];
    case "ethernet":
      return [{ kind: "ethernet", mac, device: find(element, "target")?.attributes["dev"] ?? "" }];
    case "user":
      return [{ kind: "user", mac, forwards: readPortForwards(element), backend: "passt" }];
    case "direct":
      return [{ kind: "macvtap", mac, device: source["dev"] ?? "" }];
    default:
      return [];
  }
}

function readPortForwards(element: XmlElement) {
  return childrenOf(element, "portForward").flatMap((forward) =>
    childrenOf(forward, "range").map(({ attributes: { start, to = start } }) => ({
      hostAddress: forward.attributes["address"] ?? "0.0.0.0",
      hostPort: Number(start),
      guestPort: Number(to),
    })),
  );
}

function readArguments(qemuArgs: readonly string[]): readonly NicSpec[] {
  const valuesOf = (option: string) =>
    qemuArgs.filter((_value, index) => qemuArgs[index - 1] === option).map(readOptions);
  const cards = valuesOf("-device");
  return valuesOf("-netdev").flatMap((backend): readonly NicSpec[] => {
    const card = cards.find((device) => first(device, "netdev") === first(backend, "id"));
    if (card === undefined) return [];
    const mac = first(card, "mac");
    if (backend.type === "vde") return [{ kind: "vde", mac, socket: first(backend, "sock") }];
    if (backend.type !== "user") return [];
    return [{ kind: "user", mac, forwards: backend.all("hostfwd").flatMap(readForward) }];
  });
}

interface QemuOptions {
  readonly type: string;
  all(key: string): readonly string[];
}

/** `type,key=value,...`, where a doubled comma is a comma of the value. */
function readOptions(text: string): QemuOptions {
  const [type = "", ...options] = text.replaceAll(",,", "\0").split(",");
  const pairs = options.map((option) => {
    const [key = "", ...value] = option.replaceAll("\0", ",").split("=");
    return { key, value: value.join("=") };
  });
  return { type, all: (key) => pairs.filter((pair) => pair.key === key).map((pair) => pair.value) };
}

function first(options: QemuOptions, key: string): string {
  return options.all(key)[0] ?? "";
}

function readForward(text: string) {
  const match = /^tcp:(.*):(\d+)-:(\d+)$/.exec(text);
  if (match === null) return [];
  const [, hostAddress = "", hostPort, guestPort] = match;
  return [{ hostAddress, hostPort: Number(hostPort), guestPort: Number(guestPort) }];
}
