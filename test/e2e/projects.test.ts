import assert from "node:assert/strict";
import { stringify } from "yaml";
import { FarmUnderTest } from "./support/farm-under-test";

/** What a preview says that it would do, by resource. */
interface Step {
  readonly op: string;
  readonly urn: string;
}

describe("several projects on one farm", function () {
  this.timeout(1_200_000);
  let farm: FarmUnderTest;
  before(async () => {
    farm = FarmUnderTest.fresh();
    farm.farm({
      hypervisors: { local: {} },
      guests: {
        list: [
          { platform: "tiny", target: "amd64", name: "one" },
          { platform: "tiny", target: "amd64", name: "two" },
        ],
      },
    });
    for (const [name, guests] of [
      ["alpha", ["one"]],
      ["beta", ["one", "two"]],
    ] as const) {
      farm.write(`stacks/${farm.stack}/projects/${name}.yaml`, stringify({ revision: 1, guests }));
      const steps = (text: string) => stringify({ steps: [{ run: `echo ${text} of ${name}` }] });
      farm.write(`stacks/${farm.stack}/phases/${name}/dependencies.yaml`, steps("dependencies"));
      farm.write(`stacks/${farm.stack}/phases/${name}/main.yaml`, steps("main"));
    }
    await farm.init();
  });
  after(() => farm.remove());

  const steps = async (): Promise<readonly Step[]> => {
    const { exitCode, output } = await farm.pulumi("preview", "-s", farm.stack, "--json");
    assert.equal(exitCode, 0, output);
    const { steps: found } = JSON.parse(output.slice(output.indexOf("{"))) as { steps: Step[] };
    return found.filter(({ op }) => op !== "same");
  };
  /** Nothing goes, and nothing but the places in the cache is made anew. */
  const assertNothingGoes = (found: readonly Step[]): void => {
    assert.deepEqual(
      found.filter(({ op, urn }) => /delete|replace/.test(op) && !urn.includes("CacheEntry::")),
      [],
    );
    assert.deepEqual(
      found.filter(({ op }) => op === "delete" || op === "create"),
      [],
    );
  };
  const switchTo = (name: string): Promise<void> => farm.config("project", name);

  it("runs the chosen one where it belongs", async () => {
    await switchTo("beta");
    const { exitCode, output } = await farm.up();
    assert.equal(exitCode, 0, output);
    assert.match(farm.kept("one", "main.log"), /main of beta/);
    assert.match(farm.kept("two", "main.log"), /main of beta/);
  });

  it("deletes nothing when another is chosen, although a guest has no part in that", async () => {
    const ran = farm.result("two").runId;
    await switchTo("alpha");
    const found = await steps();
    assertNothingGoes(found);
    assert.deepEqual(
      found.filter(({ urn }) => urn.includes("::two")),
      [],
      "the guest that has no part stays as it is",
    );
    const { exitCode, output } = await farm.up();
    assert.equal(exitCode, 0, output);
    assert.match(output, /two: has no part in project "alpha": nothing runs/);
    assert.match(farm.kept("one", "main.log"), /main of alpha/);
    assert.ok(farm.acted("one").includes("restore clean"), "both start from the same clean snapshot");
    assert.equal(farm.result("two").runId, ran);
  });

  it("hits the cache when the first is chosen again, and runs nothing where nothing else was run", async () => {
    const ran = farm.result("two").runId;
    await switchTo("beta");
    assertNothingGoes(await steps());
    const { exitCode, output } = await farm.up();
    assert.equal(exitCode, 0, output);
    assert.equal(farm.result("one").cache, "hit");
    assert.match(farm.kept("one", "main.log"), /main of beta/);
    assert.equal(farm.result("two").runId, ran);
    const second = await farm.up();
    assert.equal(second.exitCode, 0, second.output);
    assert.match(second.output, /unchanged/);
  });
});
