import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SshGuest, type SshGuestSpec } from "../../connections/ssh/guest";

/** Connects to the guest on standard input, prints the private folder of the connection, and stays. */
async function main(): Promise<void> {
  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => /^gf-[A-Za-z0-9]{6}$/.test(name));
  const before = new Set(folders());
  const guest = new SshGuest(JSON.parse(readFileSync(0, "utf8")) as SshGuestSpec);
  await guest.run({ text: "true", shell: "sh", timeoutMs: 30_000 });
  const own = folders().filter((name) => !before.has(name));
  process.stdout.write(`${join(tmpdir(), own[0] ?? "")}\n`);
  setInterval(() => undefined, 1000);
}

void main();
