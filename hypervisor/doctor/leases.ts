import { z } from "zod";
import { fileSlug } from "../guest-files";
import type { HypervisorHost } from "../host";
import { HolderRecord } from "../leases/hold";
import { shownHolder } from "../leases/lease";
import { check, type Check } from "./check";

/** Records whose lock is free, one a line: folder's name, record and owner mark as base64, or `-`. */
const LEFT_SCRIPT = `
for record in "$1"/*/lease.json; do
  folder=\${record%/*}
  [ -f "$record" ] && flock -n "$folder/lease" true 2>/dev/null || continue
  mark=-
  [ -f "$folder/owner.json" ] && mark=$(base64 -w 0 < "$folder/owner.json")
  printf '%s %s %s\\n' "\${folder##*/}" "$(base64 -w 0 < "$record")" "$mark"
done
exit 0
`;
const Mark = z.object({ keepRunning: z.boolean().optional() });

/** Guests that are on although whoever drove them is gone: a keeper was killed, or went down with the host. */
export async function checkLeftGuests(host: HypervisorHost): Promise<readonly Check[]> {
  const { shell, spec } = host;
  const text = await shell.output({ argv: ["bash", "-c", LEFT_SCRIPT, "bash", spec.diskPoolPath] });
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines.length === 0) return [];
  const running = (await host.virsh(["list", "--name"])).split("\n").flatMap((line) => line.trim() || []);
  return lines.flatMap((line) => {
    const [folder, record = "", mark = "-"] = line.split(" ");
    const domain = running.find((name) => fileSlug(name) === folder);
    if (domain === undefined || staysOn(mark)) return [];
    return check(`guest ${domain}`, `on, left by ${holderOf(record)}`, "off, or driven by somebody", {
      passed: false,
      otherwise: "warning",
      remedy: `the next run of any guest there powers it off after 5 minutes, its own next run at once; or: virsh -c ${spec.uri} destroy ${domain}`,
    });
  });
}

function staysOn(mark: string): boolean {
  const parsed = Mark.safeParse(fromBase64(mark));
  return parsed.success && parsed.data.keepRunning === true;
}

function holderOf(record: string): string {
  const parsed = HolderRecord.safeParse(fromBase64(record));
  return parsed.success ? shownHolder(parsed.data) : "somebody unknown";
}

function fromBase64(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
}

const LOGIN_SCRIPT = `
id -un
busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager \\
  KillUserProcesses KillExcludeUsers KillOnlyUsers 2>/dev/null || echo none
`;

/** Whether what a login leaves running outlives it, as the keepers of leases have to. */
export async function checkLogout({ shell }: Pick<HypervisorHost, "shell">): Promise<Check> {
  const [user = "", ...answers] = (await shell.output({ argv: ["sh", "-c", LOGIN_SCRIPT] }))
    .trim()
    .split("\n");
  const killed = killsAtLogout(user, answers);
  return check("after a logout", killed ? "processes are killed" : "processes go on", "processes go on", {
    passed: !killed,
    otherwise: "warning",
    remedy: `the keepers of leases would end with the connection: KillUserProcesses=no, or KillExcludeUsers=${user}, in logind.conf, then systemctl restart systemd-logind`,
  });
}

/** @param answers of logind: `b true`, `as 1 "root"`, `as 0`; anything else: there is none. */
function killsAtLogout(user: string, [kills = "", except = "", only = ""]: readonly string[]): boolean {
  const names = (text: string) => [...text.matchAll(/"([^"]*)"/g)].map(([, name]) => name);
  if (kills !== "b true" || names(except).includes(user)) return false;
  return names(only).length === 0 || names(only).includes(user);
}
