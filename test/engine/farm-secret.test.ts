import assert from "node:assert/strict";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";

/** What every farm has for itself, and the host key of one guest. */
const PROGRAM = `
const { join } = require("node:path");
const part = (path) => require(join(__dirname, "node_modules/guest-farm/dist", path));
const { defaultIdentity } = part("components/identity.js");
const { farmSecret } = part("components/farm-secret.js");
const { GuestHostKey } = part("providers/guest-host-key.js");
const { hostKeySeed } = part("providers/farm-keys.js");
module.exports = () => {
  const seed = farmSecret()?.apply((secret) => hostKeySeed(secret, "web"));
  const { publicKey: host } = new GuestHostKey("web-host-key", undefined, seed);
  const { farmId, publicKey: login, keySalt } = defaultIdentity();
  return { farmId, login, keySalt, host };
};
`;
const SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

describe("farms of one secret", function () {
  this.timeout(300_000);
  const farms: FarmUnderTest[] = [];
  const newFarm = async (): Promise<FarmUnderTest> => {
    const farm = FarmUnderTest.fresh();
    farms.push(farm);
    farm.write("index.js", PROGRAM);
    await farm.init();
    return farm;
  };
  const give = (farm: FarmUnderTest) => farm.config("farmSecret", SECRET, "--secret");
  const keys = async (farm: FarmUnderTest): Promise<Record<string, string>> => {
    succeeded(await farm.pulumi("up", "--yes", "--skip-preview"));
    const { output } = succeeded(await farm.pulumi("stack", "output", "--json", "--show-secrets"));
    return JSON.parse(output) as Record<string, string>;
  };
  after(() => Promise.all(farms.map((farm) => farm.remove())));

  it("have the same keys in another stack and backend, and each its own id", async () => {
    const [one, two] = [await newFarm(), await newFarm()];
    await give(one);
    await give(two);
    const [{ farmId: first, ...keysOfOne }, { farmId: second, ...keysOfTwo }] = [
      await keys(one),
      await keys(two),
    ];
    assert.deepEqual(keysOfOne, keysOfTwo);
    assert.notEqual(first, second);
    const { output } = succeeded(await one.pulumi("stack", "export"));
    assert.doesNotMatch(output, new RegExp(`${SECRET}|${keysOfOne["keySalt"] ?? ""}`));
  });

  it("keep the keys that they have when the secret comes later, and a preview shows nothing", async () => {
    const farm = await newFarm();
    const before = await keys(farm);
    await give(farm);
    succeeded(await farm.pulumi("preview", "--expect-no-changes"));
    assert.deepEqual(await keys(farm), before);
    succeeded(await farm.pulumi("refresh", "--yes", "--skip-preview"));
    assert.deepEqual(await keys(farm), before);
    assert.notEqual((await keys(farms[0] ?? farm))["login"], before["login"]);
  });

  it("refuse one that everybody can read", async () => {
    const farm = await newFarm();
    await farm.config("farmSecret", SECRET, "--plaintext");
    const preview = failed(await farm.pulumi("preview"));
    says(preview, /stands in the configuration for all to read/, /openssl rand -hex 32/);
    assert.doesNotMatch(preview.output, new RegExp(SECRET));
  });
});
