import { HostKeyError } from "../guest-connection";
import type { Login } from "../guest/wrapped-program";
import { startChild } from "../process/child";
import { TailBuffer } from "../process/tail-buffer";
import { LinkLostError, LoginDroppedError, LoginRefusedError } from "../shell";
import type { Equipment } from "./equipment";
import { explainSshFailure } from "./failures";
import { describeNode, type SshNode } from "./node";
import { attach, detach } from "./private-folder";

/**
 * Of the time that a login may take, the part until the server has greeted; seconds. Never very long: a packet that is
 * lost in a guest that has just been resumed is not sent again for long, and another connection is faster.
 */
const GREETING = { share: 1 / 6, least: 20, most: 60 };
const KEPT_WORDS = 64 * 1024;
const READY = "guest-farm-link-ready";

/** One connection, shared by all commands: an ssh that only holds it open (a "master" in ssh's words). */
export interface Link {
  readonly socket: string;
  /** Resolves when the login is done. @throws HostKeyError, LinkLostError with ssh's words. */
  readonly ready: Promise<void>;
  /** Settles with ssh's last words when the connection has ended. */
  readonly lost: Promise<string>;
  /** What is known of the login. A server decides on it once for all commands of a connection. */
  login?: Login;
  /** Ends the connection at once. */
  end(): Promise<void>;
}

/**
 * Starts to connect. It ends with this process, however that ends.
 *
 * @param limitMs how long the login may take; milliseconds
 */
export async function startLink(
  equipment: Equipment,
  node: SshNode,
  name: string,
  limitMs: number,
): Promise<Link> {
  const socket = equipment.folder.file(name);
  const share = Math.round((limitMs / 1000) * GREETING.share);
  const greeting = Math.min(GREETING.most, Math.max(GREETING.least, share));
  const options = [
    "ControlMaster=yes",
    "PermitLocalCommand=yes",
    `LocalCommand=echo ${READY}`,
    `ConnectTimeout=${greeting}`,
  ];
  const argv = [
    "ssh",
    "-F",
    equipment.configFile,
    "-S",
    socket,
    ...options.flatMap((option) => ["-o", option]),
  ];
  const master = startChild([...argv, "-N", "-T", "--", node.alias], {
    stdin: "ignore",
    environmentExtra: equipment.environment,
  });
  const stderr = new TailBuffer(KEPT_WORDS);
  master.process.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  // The local command runs when the login is done and commands can use the socket.
  const greeted = new Promise<"ready">((resolve) => {
    let seen = "";
    master.process.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (seen.includes(READY)) resolve("ready");
    });
  });
  const forget = await equipment.folder.watch(name, master.process.pid);
  const lost = master.ended.then(async ({ startError }) => {
    await forget();
    return startError ?? stderr.toString();
  });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    master.kill();
  }, limitMs);
  const ready = Promise.race([greeted, lost.then((words) => ({ words }))]).then((outcome) => {
    clearTimeout(limit);
    if (outcome !== "ready") throw loginError(node, late ? lateWords(limitMs, outcome.words) : outcome.words);
    detach(master);
  });
  return {
    socket,
    ready,
    lost,
    end: async () => {
      attach(master);
      master.kill();
      await lost;
    },
  };
}

function lateWords(limitMs: number, words: string): string {
  return `${words.trimEnd()}\nthe login did not end within ${limitMs / 1000} s`;
}

/** The error for ssh's last words while it connected. */
function loginError(node: SshNode, words: string): Error {
  const failure = explainSshFailure(words);
  const where = describeNode(node);
  if (failure.kind === "login refused") return new LoginRefusedError(`ssh ${where}`, failure.reason);
  if (failure.kind === "dropped") return new LoginDroppedError(`ssh ${where}`, failure.reason);
  if (failure.kind !== "host key") return new LinkLostError(`ssh ${where}`, failure.reason);
  if (node.hostKeys !== undefined && (failure.machine === null || failure.machine === node.alias)) {
    return new HostKeyError(where, failure.reason);
  }
  return new LinkLostError(
    `ssh ${where}`,
    `the host key of ${failure.machine ?? where} was refused (${failure.reason}); if it is the right machine, put ` +
      `its key into your known_hosts file (ssh-keyscan shows it) or name it in the connection's hostKey`,
  );
}
