import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { virsh } from "../../e2e/support/tiny-farm";

const Started = z.object({ return: z.object({ pid: z.number() }) });
const Status = z.object({
  return: z.object({
    exited: z.boolean(),
    exitcode: z.number().optional(),
    "out-data": z.string().optional(),
  }),
});

const LIMIT_MS = 60_000;

/** Runs a shell script in a guest through its agent, which needs no key. @throws Error unless it ends with 0. */
export async function runInGuest(domain: string, script: string): Promise<string> {
  const ask = (execute: string, given: Record<string, unknown>): unknown =>
    JSON.parse(virsh("qemu-agent-command", domain, JSON.stringify({ execute, arguments: given })));
  const arg = ["-c", script];
  const { pid } = Started.parse(ask("guest-exec", { path: "/bin/sh", arg, "capture-output": true })).return;
  const end = Date.now() + LIMIT_MS;
  while (Date.now() < end) {
    const status = Status.parse(ask("guest-exec-status", { pid })).return;
    if (status.exited) {
      const output = Buffer.from(status["out-data"] ?? "", "base64").toString();
      if (status.exitcode !== 0) throw new Error(`it failed: ${script}\n${output}`);
      return output;
    }
    await delay(100);
  }
  throw new Error(`not ended within ${LIMIT_MS / 1000} s: ${script}`);
}

export function readInGuest(domain: string, path: string): Promise<string> {
  return runInGuest(domain, `cat ${path}`);
}
