import assert from "node:assert/strict";
import { hostKeySeed, identitySeeds, signingKeySeed } from "../../../providers/farm-keys";
import { handler as identity } from "../../../providers/handlers/farm-identity";
import { handler as hostKey } from "../../../providers/handlers/guest-host-key";

const SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

const made = async (handler: typeof identity, inputs: Record<string, unknown>) =>
  (await handler.create({ __provider: "text", ...inputs })).outs as Record<string, string>;

describe("keys of a farm secret", () => {
  it("are the same wherever they are made, but for the farm's id", async () => {
    const [one, two] = [
      await made(identity, { seeds: identitySeeds(SECRET) }),
      await made(identity, { seeds: identitySeeds(SECRET) }),
    ];
    assert.deepEqual({ ...one, farmId: "" }, { ...two, farmId: "" });
    assert.notEqual(one["farmId"], two["farmId"]);
    const seed = hostKeySeed(SECRET, "web");
    assert.deepEqual(await made(hostKey, { seed }), await made(hostKey, { seed }));
  });

  it("are others for another secret, another guest, and another use", () => {
    const other = SECRET.replace("0", "1");
    const seeds = [SECRET, other].flatMap((secret): readonly string[] => [
      identitySeeds(secret).keySalt,
      identitySeeds(secret).loginKey,
      signingKeySeed(secret),
      hostKeySeed(secret, "web"),
      hostKeySeed(secret, "db"),
    ]);
    assert.equal(new Set(seeds).size, 10);
    for (const seed of seeds) assert.match(seed, /^[0-9a-f]{64}$/);
  });

  it("never change from one release to the next", async () => {
    assert.deepEqual(
      [identitySeeds(SECRET).keySalt, signingKeySeed(SECRET), hostKeySeed(SECRET, "web")].map((seed) =>
        seed.slice(0, 16),
      ),
      ["79544ffb3c511aa3", "201972cca5bd2d0d", "1ad45931153336bc"],
    );
    assert.equal(
      (await made(identity, { seeds: identitySeeds(SECRET) }))["publicKey"],
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL9yWF/r2IH06/iMLzQGoY61bDel2nzBZ5ev3M2Ej1E1 guest-farm",
    );
  });

  it("are drawn at random without one", async () => {
    assert.notEqual((await made(identity, {}))["keySalt"], (await made(identity, {}))["keySalt"]);
    assert.notEqual((await made(hostKey, {}))["publicKey"], (await made(hostKey, {}))["publicKey"]);
  });

  it("are not those of a secret that comes later", async () => {
    for (const [handler, inputs] of [
      [identity, { seeds: identitySeeds(SECRET) }],
      [hostKey, { seed: hostKeySeed(SECRET, "web") }],
    ] as const) {
      const outs = await made(handler, {});
      assert.deepEqual(await handler.diff("id", outs, inputs), { changes: false });
      assert.deepEqual((await handler.update("id", outs, inputs)).outs, outs);
    }
  });
});
