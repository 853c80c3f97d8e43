import assert from "node:assert/strict";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { plannedChanges, says, succeeded } from "../e2e/support/outcomes";
import { TINY, tinyFarm } from "../e2e/support/tiny-farm";

/** Writes a word into the file system of the image, which begins at sector 20480 of its disk. */
const brand = (word: string) => `#!/bin/sh
set -e
echo "branding $1"
echo '${word}' > word
qemu-img convert -O raw "$1" plain
debugfs -w -R 'write word /root/brand' "plain?offset=10485760"
qemu-img convert -f raw -O qcow2 plain "$1"
rm plain word
`;

describe("a guest from an image with steps", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const writeFarm = (sizeMiB: number) =>
    farm.farm(
      tinyFarm({
        guest: {
          image: {
            "+steps": [
              { name: "brand", run: "brand.sh" },
              { name: "more room", resize: `${sizeMiB}MiB` },
            ],
          },
        },
      }),
    );
  /** Every run of the test has words of its own, because the cache keeps what the steps of others gave. */
  const own = (word: string) => `${word}-${farm.stack}`;
  const writeScript = (word: string) => farm.write(`stacks/${farm.stack}/brand.sh`, brand(own(word)));
  const steps = (changes: Record<string, string>) =>
    Object.fromEntries(Object.entries(changes).filter(([name]) => name.startsWith("local-tiny/amd64")));
  const seen = () => {
    const [word, blocks = "0"] = farm.kept(TINY, "main.log").trim().split("\n").slice(-2);
    return { word, gib: Math.round((Number(blocks) * 1024) / 2 ** 30) };
  };

  before(async () => {
    farm.phase("main.yaml", {
      name: "look",
      run: `cat /root/brand; df -k / | awk 'END { print $2 }'`,
    });
    writeFarm(4096);
    writeScript("first");
    await farm.init();
  });
  after(() => farm.remove());

  it("finds in it what the steps have done, each of which a preview names", async () => {
    const planned = steps(plannedChanges(succeeded(await farm.preview())));
    assert.deepEqual(Object.keys(planned).sort(), [
      "local-tiny/amd64",
      ...["brand", "more-room", "source"].map((name) => `local-tiny/amd64-${name}`),
    ]);
    says(succeeded(await farm.up()), "step 1 of 1: brand", "step 2 of 2: more room");
    assert.deepEqual(seen(), { word: own("first"), gib: 4 });
  });

  it("is made anew where a step has changed, which alone is done again", async () => {
    writeFarm(6144);
    const planned = plannedChanges(succeeded(await farm.preview()));
    assert.deepEqual(steps(planned), {
      "local-tiny/amd64-more-room": "update",
      "local-tiny/amd64": "update",
    });
    const run = succeeded(await farm.up());
    assert.doesNotMatch(run.output, /step \d of \d: brand/);
    assert.ok(farm.acted(TINY).includes("create clean"));
    assert.deepEqual(seen(), { word: own("first"), gib: 6 });
  });

  it("notices another script", async () => {
    writeScript("second");
    const planned = steps(plannedChanges(succeeded(await farm.preview())));
    assert.deepEqual(planned, {
      "local-tiny/amd64-brand": "update",
      "local-tiny/amd64-more-room": "update",
      "local-tiny/amd64": "update",
    });
    succeeded(await farm.up());
    assert.deepEqual(seen(), { word: own("second"), gib: 6 });
  });
});
