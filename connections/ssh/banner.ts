import { connect } from "node:net";
import { startChild } from "../process/child";

/** What one look at a port has shown. */
export type BannerSeen = { readonly ok: true } | { readonly ok: false; readonly seen: string };

/** Looks once whether an SSH server greets, for at most `patienceMs`. Never throws. */
export type BannerProbe = (patienceMs: number, signal: AbortSignal) => Promise<BannerSeen>;

const LONGEST_GREETING = 8192;

/** A server may send other lines first; its version line begins with `SSH-` (RFC 4253, 4.2). */
export function readGreeting(text: string): BannerSeen | null {
  if (/^SSH-\d/m.test(text)) return { ok: true };
  const foreign = text.split("\n")[0]?.trim().slice(0, 60) ?? "";
  return text.length > LONGEST_GREETING ? { ok: false, seen: `something else answers: ${foreign}` } : null;
}

/** Looks at an address that the controller reaches by itself: a socket, no process. */
export function directProbe(address: string, port: number): BannerProbe {
  return (patienceMs, signal) =>
    new Promise((resolve) => {
      const socket = connect(port, address);
      let connected = false;
      let text = "";
      const finish = (result: BannerSeen): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        socket.destroy();
        resolve(result);
      };
      const stop = (): void => finish({ ok: false, seen: "the look was broken off" });
      const timer = setTimeout(() => {
        const seen = connected ? "the port is open, but no SSH server greets" : "no answer from the address";
        finish({ ok: false, seen });
      }, patienceMs);
      signal.addEventListener("abort", stop, { once: true });
      socket.once("connect", () => (connected = true));
      socket.once("error", (error: NodeJS.ErrnoException) => {
        finish({ ok: false, seen: describeSocketError(error) });
      });
      socket.once("close", () => finish({ ok: false, seen: "the connection was closed without a greeting" }));
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        const greeting = readGreeting(text);
        if (greeting !== null) finish(greeting);
      });
      if (signal.aborted) stop();
    });
}

function describeSocketError(error: NodeJS.ErrnoException): string {
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset",
    EHOSTUNREACH: "no route to the host",
    ENETUNREACH: "the network is unreachable",
  };
  return known[error.code ?? ""] ?? error.message;
}

/** Looks at an address that only another machine reaches, with the ssh that `forwardArgv` makes. */
export function forwardedProbe(forwardArgv: () => Promise<readonly string[]>): BannerProbe {
  return async (patienceMs, signal) => {
    let argv: readonly string[];
    try {
      argv = await forwardArgv();
    } catch (error) {
      return { ok: false, seen: error instanceof Error ? error.message : String(error) };
    }
    const child = startChild(argv, { stdin: "pipe" });
    return new Promise((resolve) => {
      let text = "";
      const finish = (result: BannerSeen): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        child.kill();
        resolve(result);
      };
      const stop = (): void => finish({ ok: false, seen: "the look was broken off" });
      const timer = setTimeout(() => finish({ ok: false, seen: "no SSH server greets" }), patienceMs);
      signal.addEventListener("abort", stop, { once: true });
      child.process.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        const greeting = readGreeting(text);
        if (greeting !== null) finish(greeting);
      });
      void child.ended.then(() => finish({ ok: false, seen: "the port is closed" }));
    });
  };
}
