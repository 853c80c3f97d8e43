import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { build } from "esbuild";
import { until } from "../../support/run-harness";

const CHECKOUT = resolve(__dirname, "../../..");
const TOOLCHAIN = join(CHECKOUT, "toolchain");
const PLUGINS = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "plugins");

/** Asks a plugin for its version, as the engine does, and prints what came of it. */
const CLIENT = `
const grpc = require("@grpc/grpc-js");
const [, , port, path] = process.argv;
const client = new grpc.Client("127.0.0.1:" + port, grpc.credentials.createInsecure());
const none = () => Buffer.alloc(0);
client.makeUnaryRequest(path, none, (bytes) => bytes, null, { deadline: Date.now() + 5000 }, (error) => {
  console.log(error === null ? "served" : "refused");
  process.exit();
});
`;

/** Whoever runs a program on this machine reaches its loopback; so does a guest, by its QEMU's user. */
describe("a plugin that another user connects to", function () {
  this.timeout(60_000);
  let folder: string;
  let engine: grpc.Server;
  let address: string;
  const started: ChildProcess[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "gf-peers-"));
    chmodSync(folder, 0o755);
    cpSync(join(TOOLCHAIN, "plugin-kit"), join(folder, "plugin-kit"), { recursive: true });
    for (const part of ["language-host", "command-plugin", "versions.json"])
      symlinkSync(join(TOOLCHAIN, part), join(folder, part));
    symlinkSync(join(CHECKOUT, ".guest-farm/toolchain/engine/node_modules"), join(folder, "node_modules"));
    for (const part of [
      "language-host/pulumi-resource-pulumi-nodejs",
      "language-host/pulumi-language-nodejs",
    ])
      cpSync(join(TOOLCHAIN, part), join(folder, part.split("/")[1] ?? ""));
    cpSync(
      join(TOOLCHAIN, "command-plugin/pulumi-resource-command"),
      join(folder, "pulumi-resource-command"),
    );
    await build({
      stdin: { contents: CLIENT, resolveDir: CHECKOUT },
      bundle: true,
      platform: "node",
      outfile: join(folder, "client.js"),
      logLevel: "silent",
    });
    engine = new grpc.Server();
    const port = await new Promise<number>((resolve, reject) => {
      const listening = (error: Error | null, chosen: number) => (error ? reject(error) : resolve(chosen));
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), listening);
    });
    address = `127.0.0.1:${port}`;
  });
  after(() => {
    engine.forceShutdown();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => started.splice(0).forEach((child) => child.kill("SIGKILL")));

  const provider = "/pulumirpc.ResourceProvider/GetPluginInfo";
  for (const [name, program, path] of [
    ["the process of dynamic providers", () => join(folder, "pulumi-resource-pulumi-nodejs"), provider],
    ["the command plugin", () => join(folder, "pulumi-resource-command"), provider],
    [
      "the language host",
      () => join(folder, "pulumi-language-nodejs"),
      "/pulumirpc.LanguageRuntime/GetPluginInfo",
    ],
    [
      "the libvirt plugin",
      () => join(PLUGINS, "resource-libvirt-v0.8.3", "pulumi-resource-libvirt"),
      provider,
    ],
  ] as const) {
    it(`${name} serves its own user and refuses the others`, async () => {
      const child = spawn(program(), [address], { cwd: CHECKOUT, stdio: ["ignore", "pipe", "inherit"] });
      started.push(child);
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
      await until("its port", () => printed.includes("\n"));
      const ask = (...as: readonly string[]) => {
        const argv = [...as, process.execPath, join(folder, "client.js"), printed.trim(), path];
        return spawnSync(argv[0] ?? "", argv.slice(1), { encoding: "utf8", timeout: 20_000 }).stdout.trim();
      };
      assert.equal(ask(), "served");
      assert.equal(ask("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"), "refused");
      assert.equal(ask(), "served");
    });
  }
});
