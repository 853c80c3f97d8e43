import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import { UserError } from "../../definitions/user-error";
import { startChild } from "../process/child";
import { runChild } from "../process/run-child";
import { attach, detach, type PrivateFolder } from "./private-folder";

const START_LIMIT_MS = 10_000;

/** A running agent of our own. */
export interface KeyAgent {
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Starts a private `ssh-agent` and gives it private keys on standard input: they never are in a file, an argv or an
 * environment. The agent ends with its owner, however that ends.
 *
 * @throws UserError when a key cannot be read (another format, a passphrase).
 */
export async function startKeyAgent(
  folder: PrivateFolder,
  privateKeys: readonly string[],
): Promise<KeyAgent> {
  const socket = folder.file("agent");
  const agent = startChild(["ssh-agent", "-D", "-a", socket], { stdin: "ignore" });
  if (agent.process.pid === undefined) {
    throw new Error("ssh-agent cannot be started: is the OpenSSH client installed?");
  }
  const forget = await folder.watch("agent", agent.process.pid);
  const close = async (): Promise<void> => {
    attach(agent);
    agent.terminate();
    await agent.ended;
    await forget();
  };
  try {
    await waitForListener(socket);
    for (const key of privateKeys) await addKey(socket, key);
  } catch (error) {
    await close();
    throw error;
  }
  detach(agent);
  return { socket, close };
}

async function addKey(socket: string, privateKey: string): Promise<void> {
  // Nobody is there to answer a question for a passphrase.
  const environment = { SSH_AUTH_SOCK: socket, SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" };
  const key = `${privateKey.replaceAll("\r\n", "\n").trim()}\n`;
  const added = await runChild("local", { argv: ["ssh-add", "-q", "-"], stdin: key }, environment);
  if (added.exitCode === 0) return;
  throw new UserError({
    what: "the private key cannot be used",
    found: added.stderr.trim().replace(/\(stdin\)/g, "the key"),
    allowed: "an OpenSSH private key without a passphrase",
  });
}

/** A socket is there before anybody listens at it: it has to take a connection. */
async function waitForListener(path: string): Promise<void> {
  const deadline = steadyMs() + START_LIMIT_MS;
  while (!(await listens(path))) {
    if (steadyMs() > deadline) throw new Error(`ssh-agent did not start within ${START_LIMIT_MS / 1000} s`);
    await delay(5);
  }
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
