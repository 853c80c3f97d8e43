import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { hypervisorHost } from "../../../hypervisor/host";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { seedFiles } from "../../../hypervisor/images/seed";
import { generateKeyPair } from "../../../hypervisor/images/ssh-keys";

/** A small Linux that boots in seconds, and the way into it. */
export interface TinyImage {
  readonly baseImage: DomainSpec["baseImage"];
  readonly kernel: string;
  readonly initrd: string;
  readonly cmdline: string;
  /** Files of a first-boot seed that lets `sshOptions` in. */
  readonly seed: Record<string, string>;
  readonly sshOptions: readonly string[];
  /** The same for the product's own connections. */
  readonly login: { readonly privateKey: string; readonly hostKeys: readonly string[] };
}

let made: Promise<TinyImage> | undefined;

/** Built once by the project's own recipe; later runs of the tests find it in the cache. */
export function tinyImage(): Promise<TinyImage> {
  made ??= make();
  return made;
}

async function make(): Promise<TinyImage> {
  const cache = join(tmpdir(), "guest-farm-test-images");
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, 0o755);
  const hypervisor = {
    name: "here",
    uri: "qemu:///system",
    connection: { type: "local" as const },
    diskPoolPath: cache,
    imageCachePath: cache,
  };
  const host = hypervisorHost(hypervisor, openLocalShell());
  const quiet = { progress: () => undefined, warning: () => undefined };
  const image = await ensureImage(
    host,
    {
      name: "tiny",
      format: "qcow2",
      steps: [],
      source: { kind: "packages", recipe: "tiny", arch: "amd64", packages: [] },
    },
    quiet,
  );
  if (image.boot?.initrd === undefined) throw new Error("the tiny image boots by its kernel and initrd");
  const keys = generateKeyPair("test");
  const keyFolder = mkdtempSync(join(tmpdir(), "guest-farm-test-key-"));
  process.once("exit", () => rmSync(keyFolder, { recursive: true, force: true }));
  const keyFile = join(keyFolder, "key");
  writeFileSync(keyFile, keys.privateKey, { mode: 0o600 });
  const hostKey = generateKeyPair("host");
  const seed = seedFiles({
    hostname: "tiny",
    instanceId: "tiny-1",
    users: [
      {
        name: "root",
        keys: [keys.publicKey],
        passwordHash: undefined,
        sudo: false,
        shell: undefined,
        groups: [],
      },
    ],
    hostKey,
    cards: [],
    packages: [],
    files: [],
    commands: [],
    growpart: false,
    timezone: undefined,
    network: undefined,
    userData: undefined,
  });
  const options = [
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "ConnectTimeout=10",
    "BatchMode=yes",
    "IdentitiesOnly=yes",
  ];
  return {
    baseImage: { path: image.path, digest: image.digest, format: image.format },
    kernel: image.boot.kernel,
    initrd: image.boot.initrd,
    cmdline: image.boot.cmdline,
    seed,
    sshOptions: ["-F", "/dev/null", "-i", keyFile, ...options.flatMap((option) => ["-o", option])],
    login: { privateKey: keys.privateKey, hostKeys: [hostKey.publicKey] },
  };
}
