import type { XmlElement } from "../domain/xml/parse";

/** An element as plain data: name, attributes, children or text. */
export type CanonicalXml = readonly [
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: string | readonly CanonicalXml[],
];

/** What of a definition is about the host, or about whom the machine belongs to, at any depth. */
const NOT_SEEN = new Set([
  ...["name", "uuid", "genid", "metadata", "title", "description", "seclabel", "alias", "resource"],
  ...["cputune", "numatune", "blkiotune", "on_poweroff", "on_reboot", "on_crash", "graphics"],
]);

/** Children that say where on the host something is, by the element that they are in. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  disk: ["source", "backingStore", "mirror"],
  os: ["kernel", "initrd", "dtb", "nvram"],
  interface: ["source", "target", "portForward", "backend", "bandwidth"],
  serial: ["source", "log"],
  console: ["source", "log"],
  parallel: ["source", "log"],
  channel: ["source", "log"],
  rng: ["backend"],
};

/** Attributes that are the host's, by element. */
const HOST_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  domain: ["id"],
  vcpu: ["placement", "cpuset"],
  console: ["tty"],
};

/** Elements whose text is a path of the host. The emulator's is kept: another one may be another machine. */
const PATH_TEXTS = new Set(["loader"]);

/**
 * What a guest sees of its machine: the same for a copy of it under another name, in another folder, with other ports of
 * the host.
 */
export function visibleMachine(domain: XmlElement): CanonicalXml {
  return seen(domain);
}

function seen(element: XmlElement): CanonicalXml {
  const { name, attributes, children, text } = element;
  // The parser leaves out the prefix of QEMU's own elements.
  if (name === "commandline") return [name, {}, visibleArguments(children)];
  const places = PLACES[name] ?? [];
  const hidden = HOST_ATTRIBUTES[name] ?? [];
  const kept = children.filter((child) => !NOT_SEEN.has(child.name) && !places.includes(child.name));
  return [
    name,
    Object.fromEntries(Object.entries(attributes).filter(([key]) => !hidden.includes(key))),
    children.length > 0 ? kept.map(seen) : PATH_TEXTS.has(name) ? "" : text,
  ];
}

/** What carries a card's packets or a device's bytes on the host, by the option that it belongs to. */
const HOST_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "-netdev": ["hostfwd", "sock", "path", "ifname", "fd", "br"],
  "-chardev": ["path", "host", "port", "logfile"],
};

function visibleArguments(children: readonly XmlElement[]): readonly CanonicalXml[] {
  const values = children.map(({ attributes }) => attributes["value"] ?? "");
  return children.map(({ name, attributes }, index): CanonicalXml => {
    const hidden = HOST_OPTIONS[values[index - 1] ?? ""];
    if (hidden === undefined) return [name, attributes, ""];
    const options = (values[index] ?? "")
      .split(",")
      .filter((option) => !hidden.some((key) => option.startsWith(`${key}=`)));
    return [name, { ...attributes, value: options.join(",") }, ""];
  });
}
