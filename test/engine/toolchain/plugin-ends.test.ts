import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { freePort } from "../../support/free-port";
import { isAlive, until } from "../../support/run-harness";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the SDK has no types for it
const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb") as {
  ResourceProviderClient: new (address: string, credentials: grpc.ChannelCredentials) => Provider;
};
// eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
const { CreateRequest } = require("@pulumi/pulumi/proto/provider_pb") as {
  CreateRequest: new () => { setProperties(properties: Struct): void };
};
interface Provider extends grpc.Client {
  create(request: unknown, answer: (error: Error | null) => void): void;
}

const CHECKOUT = resolve(__dirname, "../../..");
const ENGINE = join(CHECKOUT, ".guest-farm/toolchain/engine");
const SERIALISED = (folder: string) => `exports.handler = () => ({
  create: async () => {
    const { existsSync, writeFileSync } = require("node:fs");
    writeFileSync(${JSON.stringify(join(folder, "begun"))}, "");
    while (!existsSync(${JSON.stringify(join(folder, "go"))})) await new Promise((next) => setTimeout(next, 20));
    writeFileSync(${JSON.stringify(join(folder, "done"))}, "");
    return { id: "made", outs: {} };
  },
});`;

/** Processes that the engine starts, when it is killed: here a shell stands for the engine. */
describe("a plugin whose engine is killed", function () {
  this.timeout(30_000);
  let folder: string;
  let engine: Server;
  let address: string;
  const parents: ChildProcess[] = [];

  before(async () => {
    engine = createServer((socket) => socket.on("error", () => undefined));
    await new Promise<void>((ready) => engine.listen(0, "127.0.0.1", ready));
    address = `127.0.0.1:${(engine.address() as { port: number }).port}`;
  });
  after(() => engine.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gf-plugin-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(CHECKOUT, "node_modules/@pulumi"), join(folder, "node_modules/@pulumi"));
    writeFileSync(join(folder, "package.json"), '{ "name": "throw-away" }\n');
  });
  afterEach(() => {
    for (const { pid } of parents.splice(0)) killGroup(pid);
    rmSync(folder, { recursive: true, force: true });
  });

  function killGroup(pid: number | undefined): void {
    try {
      process.kill(-(pid ?? 0), "SIGKILL");
    } catch {
      // All of it has ended.
    }
  }

  /** Starts a plugin and waits until it serves. */
  async function start(program: string, engineAddress = address): Promise<{ pid: number; port: string }> {
    // The `:` keeps the shell from becoming the plugin.
    const script = '"$@" & echo $! >pid; wait; :';
    const parent = spawn("sh", ["-c", script, "sh", program, engineAddress], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    parents.push(parent);
    let printed = "";
    parent.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    if (engineAddress === address) await until("its port", () => printed.includes("\n"));
    await until(
      "its number",
      () => existsSync(join(folder, "pid")) && readFileSync(join(folder, "pid")).length > 0,
    );
    return { pid: Number(readFileSync(join(folder, "pid"), "utf8")), port: printed.trim() };
  }

  const plugins = {
    "the process of dynamic providers": join(
      CHECKOUT,
      "toolchain/language-host/pulumi-resource-pulumi-nodejs",
    ),
    "the language host": join(CHECKOUT, "toolchain/language-host/pulumi-language-nodejs"),
    "the command plugin": join(CHECKOUT, "toolchain/command-plugin/pulumi-resource-command"),
  };
  for (const [name, source] of Object.entries(plugins)) {
    it(`${name} ends, though it was never called`, async () => {
      const { pid } = await start(installed(source));
      assert.ok(isAlive(pid));
      parents[0]?.kill("SIGKILL");
      await until("its end", () => !isAlive(pid));
    });

    it(`${name} ends when the engine was gone before it could look`, async () => {
      const { pid } = await start(installed(source), `127.0.0.1:${await freePort()}`);
      await until("its end", () => !isAlive(pid));
    });
  }

  it("the process of dynamic providers finishes a call before it ends", async () => {
    const { pid, port } = await start(installed(plugins["the process of dynamic providers"]));
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const request = new CreateRequest();
    request.setProperties(Struct.fromJavaScript({ __provider: SERIALISED(folder) }));
    client.create(request, () => undefined);
    await until("the call", () => existsSync(join(folder, "begun")));
    const engineDied = Date.now();
    parents[0]?.kill("SIGKILL");
    // Several times as long as it takes to notice.
    await until("the time in which an idle one ends", () => Date.now() - engineDied > 2_500);
    assert.ok(isAlive(pid), "it has given up the call");
    writeFileSync(join(folder, "go"), "");
    await until("its end", () => !isAlive(pid));
    assert.ok(existsSync(join(folder, "done")));
    client.close();
  });

  /** The source, where its packages are found: beside the plugin kit, as the toolchain lays it out. */
  function installed(source: string): string {
    const root = join(folder, "plugin");
    mkdirSync(root, { recursive: true });
    for (const part of ["language-host", "command-plugin", "plugin-kit", "versions.json"]) {
      if (!existsSync(join(root, part))) symlinkSync(join(CHECKOUT, "toolchain", part), join(root, part));
    }
    if (!existsSync(join(root, "node_modules")))
      symlinkSync(join(ENGINE, "node_modules"), join(root, "node_modules"));
    const program = join(root, source.split("/").pop() ?? "");
    writeFileSync(program, readFileSync(source), { mode: 0o755 });
    return program;
  }
});
