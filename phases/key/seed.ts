import { parse, stringify } from "yaml";
import { canonicalJson } from "../../definitions/canonical-json";
import { saysMoreThanData } from "./own-text";

/** Keys of cloud-init data that say which machine it is, not what is on it. */
const IDENTITY_KEYS = new Set(["instance-id", "instance_id", "ssh_keys"]);
const FIRST_BOOT = "guest-farm/first-boot.sh";
const HOST_KEY_FILE = /ssh_host_|dropbear_\w*host_key/;

/**
 * A first-boot seed without the guest's identity, so that a new host key or instance id makes no snapshot stale.
 *
 * What we write ourselves as YAML counts by its data, so that its form may change. What others have written, the user's
 * own user data and the commands of the first boot, counts by its data too, as it always has, and by its text where
 * that says more.
 */
export function seedWithoutIdentity(seed: Readonly<Record<string, string>>): Record<string, string> {
  const files = Object.entries(seed).filter(([name]) => !HOST_KEY_FILE.test(name));
  return Object.fromEntries(
    files.flatMap(([name, text]): (readonly [string, string])[] => {
      const data = parsed(text);
      if (typeof data !== "object" || data === null) return [[name, text]];
      const plain = strip(data);
      const bare = [name, stringify(plain)] as const;
      if (!isOthersText(name, seed)) return [bare];
      const complete = canonicalJson(plain) === canonicalJson(data) && !saysMoreThanData(text, data);
      return complete ? [bare] : [bare, [`${name}, as written`, text]];
    }),
  );
}

/** Beside the user's own user data there is vendor data of ours. The rest of a seed is ours, or one line per item. */
function isOthersText(name: string, seed: Readonly<Record<string, string>>): boolean {
  return name === FIRST_BOOT || (name === "user-data" && Object.hasOwn(seed, "vendor-data"));
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
