import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { seedYaml } from "../../../hypervisor/images/seed-yaml";

const AMBIGUOUS = [
  ...["yes", "No", "ON", "off", "2024-05-12", "2024-5-1 12:30:00 +01:00", "2001-12-14t21:59:43.10-05:00"],
  ...[
    "12:30",
    "1:30:30.5",
    "52:54:00:12:34:56",
    "1_000",
    "0b101",
    "0x1_F",
    "1_0.5",
    "010_7",
    ".5_0",
    "=",
    "<<",
  ],
];
const PLAIN = [
  ...["text", "a: b", "# no comment", "52:54:00:ab:cd:ef", "10.0.0.21/24", "0644", "1.2.3", "yes please"],
  ...["two\nlines\n", "true", "", "null", "1e3", "y", "2024-05", "==", "12:75", "/bin/sh", "$6$salt$hash"],
];

describe("YAML of a seed", () => {
  for (const text of AMBIGUOUS) {
    it(`quotes ${text}, which readers of YAML 1.1 take for something else`, () => {
      const written = seedYaml({ users: [{ name: text }] });
      assert.equal(written, `users:\n  - name: ${JSON.stringify(text)}\n`);
      assert.deepEqual(parse(written, { version: "1.1" }), { users: [{ name: text }] });
    });
  }

  it("writes everything else as it always has: seeds of guests stay what they are", () => {
    const data = { texts: PLAIN, map: Object.fromEntries(PLAIN.map((text, index) => [`k${index}`, text])) };
    const others = { numbers: [1, 1.5, -2], flags: [true, false], nothing: null, empty: [], map: {} };
    assert.equal(seedYaml({ ...data, ...others }), stringify({ ...data, ...others }));
    // Only the YAML 1.1 of JavaScript takes "y" for a truth value; that of cloud-init does not.
    const texts = PLAIN.filter((text) => text !== "y");
    assert.deepEqual(parse(seedYaml(texts), { version: "1.1" }), texts);
  });

  it("leaves truth values of a user's own network configuration in cloud-init's language", () => {
    assert.equal(seedYaml({ dhcp4: "no", at: "12:30" }, "truth"), 'dhcp4: no\nat: "12:30"\n');
  });
});
