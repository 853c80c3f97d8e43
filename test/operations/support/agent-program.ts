import { setTimeout as delay } from "node:timers/promises";
import { virsh } from "../../e2e/support/tiny-farm";

interface Answer<T> {
  readonly return: T;
}

const LIMIT_MS = 60_000;

/** Runs a shell script in a guest through its agent, which needs no key. @throws Error unless it ends with 0. */
export async function runInGuest(domain: string, script: string): Promise<string> {
  const ask = <T>(execute: string, given: Record<string, unknown>) => {
    const text = virsh("qemu-agent-command", domain, JSON.stringify({ execute, arguments: given }));
    return (JSON.parse(text) as Answer<T>).return;
  };
  const arg = ["-c", script];
  const { pid } = ask<{ pid: number }>("guest-exec", { path: "/bin/sh", arg, "capture-output": true });
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await delay(100)) {
    const status = ask<{ exited: boolean; exitcode?: number; "out-data"?: string }>("guest-exec-status", {
      pid,
    });
    if (!status.exited) continue;
    const output = Buffer.from(status["out-data"] ?? "", "base64").toString();
    if (status.exitcode !== 0)
      throw new Error(`exit code ${status.exitcode ?? "none"}: ${script}\n${output}`);
    return output;
  }
  throw new Error(`not ended within ${LIMIT_MS / 1000} s: ${script}`);
}

export function readInGuest(domain: string, path: string): Promise<string> {
  return runInGuest(domain, `cat ${path}`);
}
