import assert from "node:assert/strict";
import { handler as identity } from "../../../providers/handlers/farm-identity";

describe("identity", () => {
  it("is made once, with keys that OpenSSH reads, and never changes", async () => {
    const { id, outs } = (await identity.create({})) as { id: string; outs: Record<string, string> };
    assert.equal(id, outs["farmId"]);
    assert.match(outs["publicKey"] ?? "", /^ssh-ed25519 /);
    assert.match(outs["privateKey"] ?? "", /BEGIN OPENSSH PRIVATE KEY/);
    assert.match(outs["keySalt"] ?? "", /^[0-9a-f]{64}$/);
    const other = (await identity.create({})) as { outs: Record<string, string> };
    for (const key of Object.keys(outs)) assert.notEqual(outs[key], other.outs[key], key);
    assert.deepEqual(await identity.diff(id, outs, {}), { changes: false });
    assert.deepEqual(await identity.read(id, outs), { id, props: outs });
  });
});
