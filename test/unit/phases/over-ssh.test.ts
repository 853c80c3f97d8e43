import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { SshGuest } from "../../../connections/ssh/guest";
import { startLoopbackSshd, type LoopbackSshd } from "../../support/loopback-sshd";
import { bench, failed, removeBenches } from "./support/guest";
import { removeFolders } from "./support/project";

const user = userInfo().username;

/** This machine plays the guest, behind a real OpenSSH server on the loopback. */
describe("the steps of a phase over OpenSSH", function () {
  this.timeout(30_000);
  let server: LoopbackSshd | undefined;
  let guest: SshGuest;
  let work: string;
  let listening: number;

  before(async function () {
    if (!existsSync("/usr/sbin/sshd")) this.skip();
    server = await startLoopbackSshd();
    work = mkdtempSync(join(tmpdir(), "phases-guest-"));
    const { port, privateKey, hostKey } = server;
    const common = { address: "127.0.0.1", os: "linux", via: [] } as const;
    guest = new SshGuest({ ...common, port, user, privateKey, hostKeys: [hostKey] });
    listening = port;
  });

  after(async () => {
    if (server === undefined) return;
    await guest.close();
    await server.stop();
    rmSync(work, { recursive: true, force: true });
    removeFolders();
    removeBenches();
  });

  const phase = async (steps: readonly string[], files: Readonly<Record<string, string>> = {}) => {
    const nasty = 'it\'s $(id) "x" \\ `y`\nline 2';
    const context = { vars: { work, nasty }, secrets: { token: "hunter22" } };
    const main = `steps:\n${steps.map((step) => `  - ${step}\n`).join("")}`;
    const facts = { user, become: undefined as never };
    const b = await bench({ ...files, "main.yaml": main }, { context, guest: facts }, { connection: guest });
    return { b, outcome: await b.run(), nasty };
  };

  it("put values, input and environment through unchanged", async () => {
    const { b, outcome, nasty } = await phase([
      "{run: 'printf \"%s\\n\" ${{ vars.nasty }} \"$A\"; cat', env: {A: '${{ vars.nasty }}'}, stdin: '${{ vars.nasty }}'}",
      "{run: 'printf \"%s\" ${{ vars.nasty }}', shell: bash}",
    ]);
    assert.equal(outcome.status, "passed");
    assert.equal(b.log.tail, `${nasty}\n${nasty}\n${nasty}${nasty}`);
  });

  it("copy folders and files there and back", async () => {
    const { b, outcome } = await phase(
      [
        "{copy: src, to: '${{ vars.work }}/copy of src'}",
        "{copy: src/run.sh, to: '${{ vars.work }}/bin/', mode: '0700'}",
        "{run: ./run.sh, dir: '${{ vars.work }}/copy of src/sub', expect: {stdout: it runs}}",
        "{fetch: '${{ vars.work }}/copy of src', to: back}",
        "{fetch: '${{ vars.work }}/bin/run.sh'}",
      ].map((step) => step.replace("src/run.sh", "src/sub/run.sh")),
      { "src/a b.txt": "a\n", "src/sub/run.sh": "#!/bin/sh\necho it runs\n" },
    );
    assert.equal(outcome.status, "passed", JSON.stringify(outcome));
    assert.equal(readFileSync(join(b.artifacts, "back/a b.txt"), "utf8"), "a\n");
    assert.equal(readFileSync(join(b.artifacts, "run.sh"), "utf8"), "#!/bin/sh\necho it runs\n");
    assert.equal(statSync(join(work, "bin/run.sh")).mode & 0o777, 0o700);
  });

  it("write secrets for their owner alone, and show them nowhere", async () => {
    const { b, outcome } = await phase([
      "{write: '${{ vars.work }}/deep/er/token', content: '${{ secrets.token }}'}",
      "{run: 'cat ${{ vars.work }}/deep/er/token; echo; echo ${{ secrets.token }}'}",
    ]);
    assert.equal(outcome.status, "passed");
    assert.equal(b.log.tail, "***\n***\n");
    assert.equal(statSync(join(work, "deep/er/token")).mode & 0o777, 0o600);
  });

  it("fail with the exit code and the last lines, skip what is there, wait for what is not", async () => {
    const { b, outcome } = await phase([
      "{run: 'echo never', creates: '${{ vars.work }}'}",
      "{run: '(sleep 0.3; touch later) >/dev/null 2>&1 &', dir: '${{ vars.work }}'}",
      "{waitFor: {file: '${{ vars.work }}/later'}, every: 0.1, timeout: 10}",
      "{waitFor: {port: " + String(listening) + "}, timeout: 10}",
      "{run: 'echo last words >&2; exit 7'}",
    ]);
    const { exitCode, lastLines } = failed(outcome);
    assert.equal(exitCode, 7);
    assert.deepEqual(lastLines, ["last words"]);
    assert.equal(b.log.tail, "last words\n");
  });

  it("end what takes too long", async () => {
    const { outcome } = await phase(["{run: 'echo begun; sleep 61.5', timeout: 1}"]);
    assert.match(failed(outcome).reason, /did not end within 1 s/);
    assert.equal(failed(outcome).lastLines[0], "begun");
  });
});
