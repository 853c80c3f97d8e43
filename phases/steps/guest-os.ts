import { quoteForShell } from "../../connections/quote";
import type { GuestFacts } from "../project/context";

/** What the steps ask of a guest's operating system, as scripts. */
export interface GuestOs {
  readonly shell: "sh" | "powershell";
  /** Ends with 0 when a path exists. */
  exists(path: string): string;
  /** Ends with 0 when something listens on a TCP port. */
  listens(port: number): string;
  /** Prints something that is different after every boot. */
  readonly bootMarker: string;
  /** Asks for a reboot a second later, so that the asking itself ends well. Needs the administrator. */
  readonly reboot: string;
}

export function guestOs(os: GuestFacts["os"]): GuestOs {
  if (os === "windows") return WINDOWS;
  return os === "bsd" ? { ...LINUX, ...BSD } : LINUX;
}

const LINUX: GuestOs = {
  shell: "sh",
  exists: (path) => `test -e ${quoteForShell(path)}`,
  listens: (port) => {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    return `cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ':${hex} [0-9A-F]*:0000 0A '`;
  },
  bootMarker: "cat /proc/sys/kernel/random/boot_id",
  reboot: "(trap '' HUP; sleep 1; reboot || shutdown -r now) </dev/null >/dev/null 2>&1 &",
};

const BSD: Pick<GuestOs, "listens" | "bootMarker"> = {
  listens: (port) => `netstat -an | grep -q '[.:]${port} .*LISTEN'`,
  bootMarker: "sysctl -n kern.boottime",
};

const WINDOWS: GuestOs = {
  shell: "powershell",
  exists: (path) =>
    `if (Test-Path -LiteralPath ${quoteForShell(path, "powershell")}) { exit 0 } else { exit 1 }`,
  listens: (port) =>
    `if (Get-NetTCPConnection -State Listen -LocalPort ${port} -ErrorAction SilentlyContinue) { exit 0 } else { exit 1 }`,
  bootMarker: "(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()",
  reboot: "shutdown.exe /r /t 1 /f",
};
