import assert from "node:assert/strict";
import { find, registrationsOf } from "./mock-engine";
import { hypervisor, placed } from "./sample-farm";

const NESTED = {
  hypervisors: { ground: {}, inner: { connection: { type: "guest", guest: "carrier" } } },
  guests: {
    list: [
      // Named before the guest that it lives in: the farm finds the order by itself.
      { platform: "tiny", target: "amd64", name: "carried", hypervisor: "inner", memory: 64 },
      { platform: "tiny", target: "amd64", name: "carrier", hypervisor: "ground", memory: 1024 },
    ],
  },
};

describe("Farm with a hypervisor that is one of its guests", function () {
  this.timeout(20_000);

  const registered = () =>
    registrationsOf(({ Farm }) => {
      new Farm("mine", {
        hypervisors: [
          { ...hypervisor("inner"), connection: { type: "guest", guest: "carrier" } },
          hypervisor("ground"),
        ],
        guests: placed(NESTED),
      });
    });

  it("makes the guests in it after it is set up, and removes and replaces them before it", async () => {
    const all = await registered();
    const { dependencies } = find(all, "carried", "Domain");
    for (const name of ["carrier", "carrier-init", "carrier-lifecycle"])
      assert.ok(dependencies.includes(name), `${name} is not among ${dependencies.join(", ")}`);
    assert.ok(!find(all, "carrier", "Domain").dependencies.some((name) => name.startsWith("carried")));
  });

  it("tells them another one when its snapshot is made anew, so that they are replaced with it", async () => {
    const { inputs, secretInputs } = find(await registered(), "carried", "Domain");
    const { connection } = inputs["hypervisor"] as { connection: Record<string, unknown> };
    assert.equal(connection["type"], "guest");
    assert.equal(connection["incarnation"], "token-1");
    assert.ok(secretInputs.includes("hypervisor"));
  });
});
