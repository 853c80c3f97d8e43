import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { nearestName } from "../../definitions/nearest";
import { yamlSlip } from "../../definitions/source/yaml-slips";
import type { Mistake } from "../../definitions/user-error";

/** How user data of other kinds begins: scripts, includes, archives, templates, several parts. */
const OTHER_KINDS =
  /^(#!|#include|#cloud-boothook|#cloud-config-(archive|jsonp)|#part-handler|## template:|content-type:|mime-version:)/i;

const anything = z.unknown();
const words = z.union([z.string(), z.array(z.string())], "text, or a list of texts");
const command = z.union([z.string(), z.array(z.unknown())], "text, or a list of arguments");
const flag = z.union([z.boolean(), z.string()], "true or false");

/**
 * The modules' keys that people write most, by their types; of the others only the names. Source: cloud-init's schema
 * of cloud-config, version 1 (`schema-cloud-config-v1.json`), and its module reference.
 */
const KNOWN = {
  bootcmd: z.array(command, "a list of commands"),
  chpasswd: z.looseObject({}, "a map"),
  disable_root: flag,
  fqdn: z.string("a name"),
  groups: z.union([z.string(), z.array(anything), z.looseObject({})], "text, a list or a map"),
  growpart: z.looseObject({}, "a map"),
  hostname: z.string("a name"),
  locale: z.union([z.string(), z.boolean()], "a locale"),
  mounts: z.array(z.array(anything), "a list of lists"),
  ntp: z.union([z.looseObject({}), z.null()], "a map"),
  package_update: flag,
  package_upgrade: flag,
  packages: z.array(z.union([z.string(), z.array(anything), z.looseObject({})]), "a list of packages"),
  power_state: z.looseObject({}, "a map"),
  runcmd: z.array(command, "a list of commands"),
  ssh_authorized_keys: z.array(z.string(), "a list of keys"),
  ssh_import_id: z.array(z.string(), "a list of ids"),
  ssh_keys: z.looseObject({}, "a map"),
  ssh_pwauth: flag,
  timezone: z.string("a time zone"),
  user: z.union([z.string(), z.looseObject({})], "a name or a map"),
  users: z.union(
    [z.array(z.union([words, z.looseObject({})])), z.string(), z.looseObject({})],
    "a list of users",
  ),
  write_files: z.array(z.looseObject({ path: z.string("a path") }), "a list of files, each with a path"),
} as const;

const NAMES = [
  ...Object.keys(KNOWN),
  ...["ansible", "apk_repos", "apt", "apt_pipelining", "byobu_by_default", "ca_certs", "chef"],
  ...[
    "cloud_config_modules",
    "cloud_final_modules",
    "cloud_init_modules",
    "create_hostname_file",
    "datasource",
  ],
  ...[
    "datasource_list",
    "device_aliases",
    "disable_ec2_metadata",
    "disk_setup",
    "drivers",
    "fan",
    "final_message",
  ],
  ...["fs_setup", "grub_dpkg", "keyboard", "landscape", "locale_configfile", "lxd", "manage_etc_hosts"],
  ...["manage_resolv_conf", "mcollective", "merge_how", "merge_type", "no_ssh_fingerprints", "output"],
  ...[
    "package_reboot_if_required",
    "password",
    "phone_home",
    "prefer_fqdn_over_hostname",
    "preserve_hostname",
  ],
  ...["puppet", "random_seed", "reporting", "resize_rootfs", "resolv_conf", "rh_subscription", "rsyslog"],
  ...["salt_minion", "snap", "spacewalk", "ssh", "ssh_deletekeys", "ssh_genkeytypes", "ssh_publish_hostkeys"],
  ...["ssh_quiet_keygen", "swap", "system_info", "ubuntu_pro", "updates", "vendor_data", "wireguard"],
  ...["yum_repo_dir", "yum_repos", "zypper"],
];

/**
 * What is wrong with a user's own user data, before a guest boots with it and ignores half of it. Pure.
 *
 * @param text the file's content
 * @param file its name, for the message
 * @returns nothing for data of another kind than cloud-config: only cloud-init can read that
 */
export function userDataMistakes(text: string, file: string): readonly Mistake[] {
  const [first = ""] = text.split("\n", 1);
  if (OTHER_KINDS.test(first)) return [];
  if (!/^#cloud-config\s*$/.test(first)) {
    return [
      {
        what: "cloud-init would ignore this user data: its first line does not say what it is",
        file,
        line: 1,
        found: JSON.stringify(first.slice(0, 60)),
        allowed:
          "#cloud-config, or the first line of a script (#!...) or of another kind that cloud-init knows",
        remedy: "write #cloud-config above the rest",
      },
    ];
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    const slip = yamlSlip(error, text.split("\n")[line - 1] ?? "");
    return [{ file, line, column: col, ...slip, what: `the user data ${slip.what}` }];
  }
  const content: unknown = document.toJS() ?? {};
  const parsed = z.looseObject({}, "a map of modules' keys").safeParse(content);
  if (!parsed.success) {
    return [
      {
        what: "the user data has to be a map",
        file,
        found: typeof content,
        remedy: "see cloud-init's modules",
      },
    ];
  }
  const mistakes = Object.entries(parsed.data).flatMap(([key, value]) => keyMistakes(key, value, file));
  return [...mistakes, ...hostKeyMistakes(parsed.data, file)];
}

/** What keeps our vendor data from being run, so that a later boot, without the seed, would make other host keys. */
function hostKeyMistakes(data: Readonly<Record<string, unknown>>, file: string): readonly Mistake[] {
  const vendor = z.looseObject({ enabled: z.literal([false, "false"]) }).safeParse(data["vendor_data"]);
  if (!vendor.success || /\bmanual_cache_clean\b/.test(JSON.stringify(data["write_files"] ?? null)))
    return [];
  return [
    {
      what: "without vendor data the guest makes new host keys at its second boot, and is not let in again",
      file,
      path: "vendor_data.enabled",
      found: String(vendor.data.enabled),
      allowed: "true, or manual_cache_clean: true in a file below /etc/cloud/cloud.cfg.d",
      remedy: `take it out, or add to write_files: { path: /etc/cloud/cloud.cfg.d/99-same-machine.cfg, content: "manual_cache_clean: true" }`,
    },
  ];
}

function keyMistakes(key: string, value: unknown, file: string): readonly Mistake[] {
  if (Object.hasOwn(KNOWN, key)) {
    const { error } = KNOWN[key as keyof typeof KNOWN].safeParse(value);
    return (error?.issues ?? []).map((issue) => ({
      what: "cloud-init would not take this value",
      file,
      path: [key, ...issue.path.map(String)].join("."),
      allowed: issue.message,
    }));
  }
  if (NAMES.includes(key)) return [];
  // Newer releases know more keys: only what looks like a slip is one.
  const meant = nearestName(key.replaceAll("-", "_"), NAMES);
  if (meant === undefined || meant === key.replaceAll("-", "_")) return [];
  return [
    { what: "cloud-init knows no such key", file, path: key, found: key, remedy: `did you mean "${meant}"?` },
  ];
}
