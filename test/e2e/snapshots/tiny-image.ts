export interface TinyImage {
  path: string;
  kernel: string;
  initrd: string;
  cmdline: string;
  sshOptions: readonly string[];
}
export function tinyImage(): Promise<TinyImage> {
  const d = "/tmp/lab/images";
  return Promise.resolve({
    path: `${d}/tiny-amd64.qcow2`,
    kernel: `${d}/tiny-amd64.vmlinuz`,
    initrd: `${d}/tiny-amd64.initrd`,
    cmdline: "console=ttyS0 quiet vm.hostname=tiny",
    sshOptions: [
      "-F",
      "/dev/null",
      "-i",
      `${d}/id_ed25519`,
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "LogLevel=ERROR",
      "-o",
      "ConnectTimeout=4",
      "-o",
      "BatchMode=yes",
    ],
  });
}
