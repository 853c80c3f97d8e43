import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { stringify } from "yaml";
import { failed, FROM_INIT, FROM_BASE, says, succeeded } from "./support/outcomes";
import { OwnProgram, REPOSITORY } from "./support/own-program";
import { virsh } from "./support/tiny-farm";

describe("the package in a user's own Pulumi program", function () {
  this.timeout(600_000);
  let own: OwnProgram;

  before(async () => {
    own = await OwnProgram.make();
    const phase = (name: string, run: string) =>
      own.write(`phases/${name}.yaml`, stringify({ steps: [{ name, run }] }));
    phase("dependencies", "touch /dependencies");
    phase("init", "cp /dependencies /init");
    phase("main", "test -e /init && echo ${{ vars.greeting }}");
    phase("terminate", "rm /init");
  });
  after(() => own.remove());

  const up = () => own.pulumi("up", "-s", own.stack, "--yes", "--skip-preview");
  const acted = () => own.result().phases.flatMap(({ name, status }) => (status === "skipped" ? [] : [name]));

  it("is installed as files of that project, not as a link", () => {
    const installed = realpathSync(join(own.folder, "node_modules", "guest-farm"));
    assert.ok(installed.startsWith(realpathSync(own.folder) + sep), installed);
  });

  const MISTAKES = [
    ["an unknown platform", 'platform: "tiny"', 'platform: "tinny"', "platform: ", 'did you mean "tiny"?'],
    [
      "a revision that is no whole number",
      "revision: 1",
      "revision: 1.5",
      "project.revision: ",
      "found: 1.5",
    ],
    [
      "a relative folder",
      '"here", {}',
      '"here", { diskPoolPath: "guests" }',
      "diskPoolPath: ",
      "found: guests",
    ],
  ] as const;
  for (const [what, before, after, path, reason] of MISTAKES) {
    it(`refuses ${what} with its path, and without a stack trace`, async () => {
      const restore = own.edit(before, after);
      says(failed(await own.pulumi("preview", "-s", own.stack)), path, reason);
      restore();
    });
  }

  it("previews, and makes nothing", async () => {
    says(succeeded(await own.pulumi("preview", "-s", own.stack)), `${own.guest}-lifecycle`, "create");
    assert.doesNotMatch(virsh("list", "--all", "--name"), new RegExp(own.stack));
  });

  it("runs all phases of a real guest", async () => {
    says(succeeded(await up()), 'snapshot: "own.1.init"');
    assert.deepEqual(acted(), FROM_BASE);
    assert.match(own.log("main"), /hello/);
  });

  it("starts from the init snapshot when a variable of main changes", async () => {
    succeeded(await own.pulumi("config", "set", "-s", own.stack, "greeting", "good evening"));
    succeeded(await up());
    assert.deepEqual(acted(), FROM_INIT);
    assert.match(own.log("main"), /good evening/);
  });

  it("does nothing when nothing has changed", async () => {
    succeeded(await own.pulumi("preview", "-s", own.stack, "--expect-no-changes"));
  });

  it("keeps no path of this repository in the state", async () => {
    const { output } = succeeded(await own.pulumi("stack", "export", "-s", own.stack, "--show-secrets"));
    assert.ok(output.includes(own.stack));
    assert.ok(!output.includes(`${REPOSITORY}${sep}`), "the repository is named");
  });

  it("leaves no guest behind when it is destroyed", async () => {
    succeeded(await own.pulumi("destroy", "-s", own.stack, "--yes", "--skip-preview"));
    assert.doesNotMatch(virsh("list", "--all", "--name"), new RegExp(own.stack));
  });
});
