import assert from "node:assert/strict";
import { stringify } from "yaml";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";

describe("a farm of which not all is there", function () {
  this.timeout(300_000);
  const farm = FarmUnderTest.fresh();

  before(async () => {
    farm.farm({
      hypervisors: { local: {} },
      guests: { list: [{ platform: "tiny", target: "amd64", name: "web" }] },
      project: { id: "acme", revision: 1, phases: "phases" },
    });
    farm.phase("main.yaml", { run: "true" });
    await farm.init();
  });
  after(() => farm.remove());

  it("says what a single target needs that is not there yet, and computes with nothing of it", async () => {
    const types = ["index:Farm", "index:Guest", "Domain"].map((type, index) =>
      index < 2 ? `guest-farm:${type}` : `pulumi-nodejs:dynamic/guest-farm:${type}`,
    );
    const urn = `urn:pulumi:${farm.stack}::guest-farm::${types.join("$")}::web`;
    const run = failed(await farm.up("--target", urn));
    says(run, /Domain::web' depends on '\S+' which was was not specified in --target list/);
    assert.doesNotMatch(run.output, /TypeError|undefined/);
  });

  it("finds the files of a program whose folder is not the working one", async () => {
    farm.write("Pulumi.yaml", stringify({ name: "guest-farm", main: "below/index.js", runtime: "nodejs" }));
    farm.write(
      "below/index.js",
      `const options = { programFolder: require("node:path").dirname(__dirname), stack: require("@pulumi/pulumi").getStack() };
       module.exports = () => require("guest-farm/program").runFarm(options);`,
    );
    says(succeeded(await farm.preview()), "web-lifecycle");
  });
});
