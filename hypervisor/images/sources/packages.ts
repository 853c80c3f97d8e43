import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { ImageSource } from "../../../definitions/images";
import { requireSpace } from "../space";
import { SCRIPTS_FOLDER, type Workshop } from "../workshop";
import type { MadeImage } from "./made-image";

type PackagesSource = Extract<ImageSource, { kind: "packages" }>;

interface Recipe {
  readonly script: string;
  /** Files beside the script that it uses. */
  readonly files: readonly string[];
  /** Release that it is made for. */
  readonly suite: string;
  /** Releases for architectures that this one does not have. */
  readonly suites?: Readonly<Record<string, string>>;
  /** Room that a build takes at its peak. */
  readonly bytes: number;
  readonly timeoutMs: number;
}

const MIB = 1024 ** 2;
const inFolder = (folder: string, names: string) => names.split(" ").map((name) => posix.join(folder, name));

const RECIPES: Readonly<Record<PackagesSource["recipe"], Recipe>> = {
  tiny: {
    script: "tiny.sh",
    files: [
      "lib.sh",
      "disk.sh",
      "drivers.sh",
      ...inFolder("tiny", "init rcS inittab anew identity users first-boot network dhcp power"),
    ],
    suite: "bookworm",
    suites: { riscv64: "trixie" },
    bytes: 1600 * MIB,
    timeoutMs: 900_000,
  },
  debian: {
    script: "debian.sh",
    files: [
      "lib.sh",
      "disk.sh",
      "drivers.sh",
      "install-way.sh",
      "unpack-system.sh",
      "second-stage.sh",
      ...inFolder("second-stage", "init run"),
      "debian-finish.sh",
      ...inFolder("debian/etc", "cloud/cloud.cfg.d/90_guest-farm.cfg initramfs-tools/modules"),
      ...inFolder("debian/etc", "initramfs-tools/conf.d/guest-farm apt/apt.conf.d/80guest-farm"),
      ...inFolder("debian/etc", "dpkg/dpkg.cfg.d/80guest-farm"),
      "debian/etc/ssh/sshd_config.d/50-cloud-init.conf",
      "debian/usr/local/bin/growpart",
      ...inFolder("debian/etc/systemd/system", "systemd-networkd-wait-online.service.d/guest-farm.conf"),
    ],
    suite: "bookworm",
    bytes: 5 * 1024 * MIB,
    timeoutMs: 3_600_000,
  },
};

const digests = new Map<string, string>();

/** sha256 over the files of a recipe, which are what an image is built by. */
export function recipeDigest(name: PackagesSource["recipe"]): string {
  const known = digests.get(name);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  const { script, files } = RECIPES[name];
  for (const file of [script, ...files]) {
    const content = readFileSync(join(SCRIPTS_FOLDER, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  const digest = hash.digest("hex");
  digests.set(name, digest);
  return digest;
}

/** Builds an image on the hypervisor from the distribution's packages. */
export async function buildFromPackages(
  workshop: Workshop,
  name: string,
  { recipe: recipeName, arch, suite, packages }: PackagesSource,
): Promise<MadeImage> {
  const recipe = RECIPES[recipeName];
  await requireSpace(workshop.host, `to build base image "${name}"`, recipe.bytes);
  await workshop.stage([recipe.script, ...recipe.files]);
  const release = suite ?? recipe.suites?.[arch] ?? recipe.suite;
  await workshop.run({
    script: recipe.script,
    args: [workshop.folder, arch, release, ...packages],
    timeoutMs: recipe.timeoutMs,
  });
  const made = (file: string) => posix.join(workshop.folder, "out", file);
  const cmdline = await workshop.host.files.read(made("cmdline"));
  return {
    path: made("image.qcow2"),
    source: `recipe ${recipeName}, Debian ${release}, ${arch}`,
    ...(cmdline === null
      ? {}
      : { boot: { kernel: made("kernel"), initrd: made("initrd"), cmdline: cmdline.trim() } }),
  };
}
