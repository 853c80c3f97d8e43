const manifestBeside = (algorithm: "sha256" | "sha512", manifest: string) => ({
  checksum: { manifest, algorithm },
});

const cloudUser = (user: string) => ({
  auth: { user, key: "generated", become: { user: "root", method: "sudo" } },
  seed: { users: [{ name: user, sudo: true, shell: "/bin/bash" }] },
  shell: "bash",
});

/** One definition for every release: `vars.release`, `vars.codename`. The image is also to be had from packages. */
const debian = (release: string, codename: string) => ({
  ...cloudUser("debian"),
  vars: {
    release,
    codename,
    build: "latest",
    folder: "https://cloud.debian.org/images/cloud/${{ vars.codename }}/${{ vars.build }}",
  },
  image: {
    url: "${{ vars.folder }}/debian-${{ vars.release }}-generic-${{ target.aliases.debian }}.qcow2",
    ...manifestBeside("sha512", "${{ vars.folder }}/SHA512SUMS"),
    format: "qcow2",
    fallback: {
      packages: { recipe: "debian", suite: "${{ vars.codename }}", arch: "${{ target.aliases.debian }}" },
      format: "qcow2",
    },
  },
  rootDisk: { size: 10 },
});

const ubuntu = {
  ...cloudUser("ubuntu"),
  vars: {
    codename: "noble",
    release: "24.04",
    folder: "https://cloud-images.ubuntu.com/releases/${{ vars.codename }}/release",
  },
  image: {
    url: "${{ vars.folder }}/ubuntu-${{ vars.release }}-server-cloudimg-${{ target.aliases.debian }}.img",
    ...manifestBeside("sha256", "${{ vars.folder }}/SHA256SUMS"),
    format: "qcow2",
  },
  rootDisk: { size: 10 },
};

const fedora = {
  ...cloudUser("fedora"),
  vars: {
    release: "42",
    compose: "1.1",
    folders: {
      x86_64: "fedora/linux",
      aarch64: "fedora/linux",
      ppc64le: "fedora-secondary",
      s390x: "fedora-secondary",
    },
    arch: "${{ target.aliases.gnu }}",
    folder:
      "https://download.fedoraproject.org/pub/${{ vars.folders[vars.arch] }}/releases/${{ vars.release }}/Cloud/${{ vars.arch }}/images",
  },
  image: {
    url: "${{ vars.folder }}/Fedora-Cloud-Base-Generic-${{ vars.release }}-${{ vars.compose }}.${{ vars.arch }}.qcow2",
    ...manifestBeside(
      "sha256",
      "${{ vars.folder }}/Fedora-Cloud-${{ vars.release }}-${{ vars.compose }}-${{ vars.arch }}-CHECKSUM",
    ),
    format: "qcow2",
  },
  rootDisk: { size: 10 },
};

const arch = {
  ...cloudUser("arch"),
  vars: {
    build: "latest",
    images: { x86_64: "Arch-Linux-x86_64-cloudimg.qcow2" },
    file: "${{ vars.images[target.aliases.gnu] }}",
    folder: "https://geo.mirror.pkgbuild.com/images/${{ vars.build }}",
  },
  image: {
    url: "${{ vars.folder }}/${{ vars.file }}",
    ...manifestBeside("sha256", "${{ vars.folder }}/${{ vars.file }}.SHA256"),
    format: "qcow2",
  },
  rootDisk: { size: 20 },
};

const alpine = {
  ...cloudUser("alpine"),
  seed: { users: [{ name: "alpine", sudo: true, shell: "/bin/sh" }] },
  auth: { user: "alpine", key: "generated", become: { user: "root", method: "doas" } },
  shell: "sh",
  vars: {
    branch: "v3.22",
    release: "3.22.4",
    firmwares: { x86_64: "bios", aarch64: "uefi" },
    arch: "${{ target.aliases.gnu }}",
    file: "generic_alpine-${{ vars.release }}-${{ vars.arch }}-${{ vars.firmwares[vars.arch] }}-cloudinit-r0.qcow2",
    folder: "https://dl-cdn.alpinelinux.org/alpine/${{ vars.branch }}/releases/cloud",
  },
  memory: 512,
  image: {
    url: "${{ vars.folder }}/${{ vars.file }}",
    ...manifestBeside("sha512", "${{ vars.folder }}/${{ vars.file }}.sha512"),
    format: "qcow2",
  },
  rootDisk: { size: 4 },
};

/** A minimal Linux, made on the hypervisor from Debian's packages in seconds; boots its kernel without firmware. */
const tiny = {
  vcpus: 1,
  memory: 256,
  firmware: "kernel",
  auth: { user: "root", key: "generated" },
  shell: "sh",
  image: {
    packages: { recipe: "tiny", arch: "${{ target.aliases.debian }}" },
    format: "qcow2",
  },
};

/** The platforms that every farm has: the vendors' cloud images, with their lists of checksums, and `tiny`. */
export const BUILT_IN_PLATFORMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "debian-12": debian("12", "bookworm"),
  "debian-13": debian("13", "trixie"),
  "ubuntu-24.04": ubuntu,
  fedora,
  arch,
  alpine,
  tiny,
};
