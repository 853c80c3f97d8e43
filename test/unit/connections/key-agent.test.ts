import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startKeyAgent } from "../../../connections/ssh/agent";
import { PrivateFolder } from "../../../connections/ssh/private-folder";
import { UserError } from "../../../definitions/user-error";
import { generateKeyPair } from "../../../hypervisor/images/ssh-keys";

/** An `ssh-agent` whose socket is there for a while before it listens, as on a busy machine. */
const SLOW = (real: string) => `#!/usr/bin/env node
const { spawn } = require("node:child_process");
const { rmSync } = require("node:fs");
const socket = process.argv[4];
const child = spawn("python3", ["-c", "import socket,sys,time; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); time.sleep(0.5)", socket]);
child.on("close", () => {
  rmSync(socket);
  spawn(${JSON.stringify(real)}, process.argv.slice(2), { stdio: "inherit" });
});
`;

describe("the agent that holds a private key", () => {
  const folder = mkdtempSync(join(tmpdir(), "gf-agent-"));
  const path = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = path;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const held = async (key: string): Promise<string> => {
    const own = new PrivateFolder();
    try {
      const agent = await startKeyAgent(own, [key]);
      const env = { ...process.env, SSH_AUTH_SOCK: agent.socket };
      const keys = execFileSync("ssh-add", ["-L"], { encoding: "utf8", env });
      await agent.close();
      return keys;
    } finally {
      await own.remove();
    }
  };

  it("has it", async () => {
    const { privateKey, publicKey } = generateKeyPair("mine");
    const [, data = "-"] = publicKey.split(" ");
    assert.ok((await held(privateKey)).includes(data));
  });

  it("is waited for until it listens, not only until its socket is there", async () => {
    const real = execFileSync("sh", ["-c", "command -v ssh-agent"], { encoding: "utf8" }).trim();
    writeFileSync(join(folder, "ssh-agent"), SLOW(real));
    chmodSync(join(folder, "ssh-agent"), 0o755);
    process.env["PATH"] = `${folder}:${path ?? ""}`;
    assert.match(await held(generateKeyPair("mine").privateKey), /ssh-ed25519/);
  }).timeout(20_000);

  it("refuses what is no key", async () => {
    await assert.rejects(
      held("no key"),
      (error) => error instanceof UserError && /OpenSSH/.test(error.message),
    );
  });
});
