import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageDefinition } from "../../definitions/images";
import { writeSeed } from "../../hypervisor/domain/seed";
import { openHypervisor } from "../../hypervisor/host";
import { ensureImage } from "../../hypervisor/images/ensure-image";
import { sha512Crypt } from "../../hypervisor/images/password-hash";
import type { BaseImageRecord } from "../../hypervisor/images/record";
import { seedFiles } from "../../hypervisor/images/seed";
import { generateKeyPair } from "../../hypervisor/images/ssh-keys";
import { verifyImage } from "../../hypervisor/images/verify";
import { QemuGuest } from "../e2e/support/qemu-guest";

const ARM_FIRMWARE = "/usr/share/AAVMF/AAVMF_CODE.fd";
const OVMF = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"] as const;

/** Where guests find the seed: a drive of a PC, or one of a SCSI controller. */
const IDE_DRIVE = ["-device", "ide-cd,drive=seed,bus=ide.1"];
const SCSI_DRIVE = ["-device", "virtio-scsi-pci", "-device", "scsi-cd,drive=seed"];

describe("the tiny guest, built from packages", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "tiny-"));
  const host = openHypervisor({
    name: "here",
    uri: "test:///default",
    connection: { type: "local" },
    diskPoolPath: join(folder, "guests"),
    imageCachePath: join(folder, "cache"),
  });
  const hostKey = generateKeyPair("guest");
  const login = generateKeyPair("login");
  const keys = { identity: join(folder, "id"), hostKey: hostKey.publicKey };
  const passwordHash = sha512Crypt("secret", "0123456789abcdef");
  const definition = (arch: string, packages: string[] = []): ImageDefinition => ({
    name: `tiny/${arch}`,
    source: { kind: "packages", recipe: "tiny", arch, packages },
    format: "qcow2",
    steps: [],
  });
  const observer = { progress: () => undefined, warning: (text: string) => assert.fail(text) };
  let image: BaseImageRecord;
  let guest: QemuGuest | undefined;
  let count = 0;

  before(async () => {
    writeFileSync(keys.identity, login.privateKey, { mode: 0o600 });
    mkdirSync(join(folder, "guests"));
    image = await ensureImage(host, definition("amd64"), observer);
  });
  afterEach(() => guest?.kill());
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const account = { passwordHash, sudo: false, shell: undefined, groups: [] };
  const seed = async (shell?: string): Promise<string> => {
    const path = join(folder, `seed-${count}.iso`);
    const files = seedFiles({
      hostname: "named-by-seed",
      instanceId: "test",
      hostKey,
      users: [
        { ...account, name: "root", keys: [login.publicKey] },
        { ...account, name: "builder", shell, keys: [login.publicKey] },
      ],
      cards: [],
      packages: [],
      files: [{ path: "/etc/made", content: "it's made\n", mode: "0640" }],
      commands: ["echo ran >> /root/ran"],
      growpart: true,
      timezone: undefined,
      network: undefined,
      userData: undefined,
    });
    await writeSeed(host, path, files);
    return path;
  };
  const overlay = (base: BaseImageRecord): string => {
    const path = join(folder, `disk-${++count}.qcow2`);
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", base.format, "-b", base.path, path]);
    return path;
  };
  const drives = (disk: string, medium: string | undefined, drive: readonly string[]) => [
    ...["-drive", `file=${disk},if=none,id=root,cache=unsafe`, "-device", "virtio-blk-pci,drive=root"],
    ...(medium === undefined
      ? []
      : ["-drive", `file=${medium},if=none,id=seed,readonly=on,format=raw`, ...drive]),
  ];
  const kernelOf = ({ boot }: BaseImageRecord) => {
    assert.ok(boot?.initrd);
    return ["-kernel", boot.kernel, "-initrd", boot.initrd, "-append", boot.cmdline];
  };
  const pc = ["-accel", "tcg", "-cpu", "Nehalem", "-m", "256"];
  const amd64 = (args: readonly string[]) => QemuGuest.start("qemu-system-x86_64", [...pc, ...args], folder);

  it("does not have the kernel test a timer that is emulated on a busy host", () => {
    assert.match(image.boot?.cmdline ?? "", /(^| )no_timer_check( |$)/);
  });

  it("takes its identity from the seed, once, and keeps it without", async () => {
    const disk = overlay(image);
    guest = await amd64(["-M", "pc", ...kernelOf(image), ...drives(disk, await seed(), IDE_DRIVE)]);
    const script =
      "hostname; cat /root/ran /etc/made; stat -c %a /etc/made; grep -c ' /dev/shm tmpfs' /proc/mounts; setsid echo new session";
    assert.equal(
      await guest.ssh("root", keys, script),
      "named-by-seed\nran\nit's made\n640\n1\nnew session\n",
    );
    assert.match(await guest.ssh("builder", keys, "echo secret | su root -c 'id -un'"), /^root$/m);
    assert.doesNotMatch(await guest.ssh("builder", keys, "echo wrong | su root -c 'id -un' 2>&1"), /^root$/m);
    await guest.powerButton();
    guest = await amd64(["-M", "pc", ...kernelOf(image), ...drives(disk, undefined, [])]);
    assert.equal(await guest.ssh("root", keys, "hostname; cat /root/ran"), "named-by-seed\nran\n");
    await guest.powerButton();
    await verifyImage(host, image, { full: true });
  });

  it("has packages that bring folders where it has links, and lets users in with a shell of theirs", async () => {
    const withBash = await ensureImage(host, definition("amd64", ["bash"]), observer);
    const medium = await seed("/bin/bash");
    guest = await amd64(["-M", "pc", ...kernelOf(withBash), ...drives(overlay(withBash), medium, IDE_DRIVE)]);
    assert.equal(
      await guest.ssh("builder", keys, "echo ${BASH_VERSION%%.*}; readlink /var/run; cat /etc/shells"),
      "5\n../run\n/bin/sh\n/bin/ash\n/bin/bash\n",
    );
    await guest.powerButton();
  });

  it("boots from its disk by BIOS, and sees a SCSI drive", async () => {
    guest = await amd64(["-M", "q35", ...drives(overlay(image), await seed(), SCSI_DRIVE)]);
    assert.equal(await guest.ssh("root", keys, "hostname"), "named-by-seed\n");
    await guest.powerButton();
  });

  it("boots from its disk by UEFI", async function () {
    if (!OVMF.every((file) => existsSync(file))) this.skip();
    const variables = join(folder, "vars.fd");
    copyFileSync(OVMF[1], variables);
    chmodSync(variables, 0o600);
    const firmware = [
      ...["-drive", `if=pflash,format=raw,readonly=on,file=${OVMF[0]}`],
      ...["-drive", `if=pflash,format=raw,file=${variables}`],
    ];
    guest = await amd64(["-M", "q35", ...firmware, ...drives(overlay(image), await seed(), SCSI_DRIVE)]);
    assert.equal(
      await guest.ssh("root", keys, "hostname; ls -d /sys/firmware/efi"),
      "named-by-seed\n/sys/firmware/efi\n",
    );
    await guest.powerButton();
  });

  it("lets nobody in without a seed, and makes a host key of its own", async () => {
    guest = await amd64(["-M", "pc", ...kernelOf(image), ...drives(overlay(image), undefined, [])]);
    await assert.rejects(guest.ssh("root", keys, "true"), /REMOTE HOST IDENTIFICATION/);
  });

  it("is built for arm64 on a host of another architecture", async function () {
    if (!existsSync(ARM_FIRMWARE)) this.skip();
    const arm = await ensureImage(host, definition("arm64"), observer);
    const machine = ["-M", "virt,gic-version=2", "-accel", "tcg", "-cpu", "cortex-a57", "-m", "256"];
    guest = await QemuGuest.start(
      "qemu-system-aarch64",
      [
        ...machine,
        "-bios",
        ARM_FIRMWARE,
        ...kernelOf(arm),
        ...drives(overlay(arm), await seed(), SCSI_DRIVE),
      ],
      folder,
    );
    assert.equal(await guest.ssh("root", keys, "hostname; uname -m"), "named-by-seed\naarch64\n");
    await guest.powerButton();
  });
});
