/** What QEMU and libvirt say when a guest cannot be started, and what it means for the person who reads it. */
const CAUSES: readonly { readonly pattern: RegExp; readonly say: (match: RegExpExecArray) => string }[] = [
  {
    pattern: /could not set up host forwarding rule '(?:tcp|udp):([^']*):(\d+)-:(\d+)'/i,
    say: ([, address, port, guestPort]) =>
      `port ${port ?? ""} of ${address ?? ""}, which should lead to port ${guestPort ?? ""} of the guest, is in use on the hypervisor. ` +
      `Find what listens there (ss -ltnp 'sport = :${port ?? ""}'), or set another port for the guest`,
  },
  {
    pattern: /could not start 'passt': (.*)/i,
    say: ([, reason]) =>
      `passt, which carries its user-mode network, did not start: ${reason ?? ""}. Mend that, or write backend: slirp for the card`,
  },
  {
    pattern: /cannot (?:set up guest memory|allocate memory)/i,
    say: () =>
      "the hypervisor has not enough free memory. Give the guest less memory, or run fewer guests at once",
  },
  {
    pattern:
      /could not access KVM kernel module|failed to initialize kvm|KVM is not available|failed to set MSR/i,
    say: () => "KVM does not work on this hypervisor. Write type: qemu for the guest, so that it is emulated",
  },
  {
    pattern: /network '([^']*)' is not active/i,
    say: ([, network]) =>
      `its network "${network ?? ""}" is not active. Start it: virsh net-start ${network ?? ""}`,
  },
  {
    pattern: /(?:no network with matching name|network not found:[^']*) '([^']*)'/i,
    say: ([, network]) => `its network "${network ?? ""}" does not exist on the hypervisor`,
  },
  {
    pattern: /cannot get interface MTU on '([^']*)'/i,
    say: ([, bridge]) => `its bridge "${bridge ?? ""}" does not exist on the hypervisor`,
  },
  {
    pattern: /(?:cannot access (?:storage|backing) file|could not open) '([^']*)'.*permission denied/i,
    say: ([, file]) =>
      `QEMU's user may not read "${file ?? ""}". Let it read the file and pass through every folder above (chmod o+x), or use another folder`,
  },
  {
    pattern: /(?:cannot access (?:storage|backing) file|could not open(?=.*no such file)) '([^']*)'/i,
    say: ([, file]) => `its disk file "${file ?? ""}" is missing on the hypervisor`,
  },
  {
    pattern: /failed to get "?(?:write|shared "write")"? lock/i,
    say: () => "another process uses one of its disks",
  },
  {
    pattern: /parameter 'type' expects a netdev backend type|vde.*(?:not compiled|not supported)/i,
    say: () =>
      "the hypervisor's QEMU was built without the kind of network that it wants (vde needs libvdeplug)",
  },
  {
    pattern: /failed to connect socket to '[^']*virtlogd-sock'/i,
    say: () => "virtlogd does not run on the hypervisor. Start it: systemctl start virtlogd (or virtlogd -d)",
  },
  { pattern: /no space left on device/i, say: () => "the hypervisor's disk is full" },
];

/** One sentence for a known cause with its remedy, else libvirt's own words. */
export function explainStartFailure(stderr: string): string {
  for (const { pattern, say } of CAUSES) {
    const match = pattern.exec(stderr);
    if (match !== null) return say(match);
  }
  const lines = stderr.split("\n").map((line) => line.replace(/^error:\s*/, "").trim());
  return lines.filter((line) => line !== "" && !line.startsWith("Failed to start domain")).join("; ");
}
