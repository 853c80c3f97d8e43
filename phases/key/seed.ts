import { parse, stringify } from "yaml";

/** Keys of cloud-init data that say which machine it is, not what is on it. */
const IDENTITY_KEYS = new Set(["instance-id", "instance_id", "ssh_keys"]);
const HOST_KEY_FILE = /ssh_host_|dropbear_\w*host_key/;

/**
 * A first-boot seed without the guest's identity, so that a new host key or instance id makes no snapshot stale.
 * A file that is not YAML stays as it is.
 */
export function seedWithoutIdentity(seed: Readonly<Record<string, string>>): Record<string, string> {
  const files = Object.entries(seed).filter(([name]) => !HOST_KEY_FILE.test(name));
  return Object.fromEntries(files.map(([name, text]) => [name, withoutIdentity(text)]));
}

function withoutIdentity(text: string): string {
  const data = parsed(text);
  return typeof data === "object" && data !== null ? stringify(strip(data)) : text;
}

function parsed(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isHostKeyFile(item)).map(strip);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !IDENTITY_KEYS.has(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, strip(item)]));
}

function isHostKeyFile(item: unknown): boolean {
  return (
    typeof item === "object" &&
    item !== null &&
    "path" in item &&
    typeof item.path === "string" &&
    HOST_KEY_FILE.test(item.path)
  );
}
