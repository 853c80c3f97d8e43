import assert from "node:assert/strict";
import { homedir } from "node:os";
import { stringify } from "yaml";
import { resolveFarm } from "../../../definitions";
import { relativeToProgram } from "../../../program/file-paths";

const guestOf = (item: Readonly<Record<string, unknown>>) => {
  const list = [{ platform: "tiny", target: "amd64", ...item }];
  const text = stringify({ hypervisors: { here: {} }, guests: { list } });
  const farm = resolveFarm({ stack: "mine", farmFile: { name: "stacks/mine/farm.yaml", text }, files: {} });
  return { before: farm.guests[0]!, after: relativeToProgram(farm, "stacks/mine").guests[0]! };
};

describe("files that a farm names", () => {
  it("are looked for beside the farm file", () => {
    const steps = [{ run: "prepare.sh" }, { run: { text: "true" } }];
    const { after } = guestOf({ image: { file: "images/a.qcow2", format: "qcow2", steps } });
    assert.ok(after.image.source.kind === "file");
    assert.equal(after.image.source.path, "stacks/mine/images/a.qcow2");
    assert.deepEqual(
      after.image.steps.map((step) => step.kind === "run" && step.script),
      ["stacks/mine/prepare.sh", undefined],
    );
  });

  it("may be keys of signed lists, fallbacks and user data", () => {
    const checksum = { manifest: "https://images.example/SUMS", signature: true, key: "vendor.asc" };
    const image = {
      url: "https://images.example/a.qcow2",
      checksum,
      format: "qcow2",
      fallback: { file: "../shared/a.qcow2", format: "qcow2" },
    };
    const { after } = guestOf({ image, seed: { userDataFile: "user-data.yaml" } });
    const { source, fallback } = after.image;
    assert.ok(source.kind === "url" && source.checksum.kind === "manifest");
    assert.equal(source.checksum.key, "stacks/mine/vendor.asc");
    assert.ok(fallback?.source.kind === "file");
    assert.equal(fallback.source.path, "stacks/shared/a.qcow2");
    assert.equal(after.seed?.userDataFile, "stacks/mine/user-data.yaml");
  });

  it("may be login keys", () => {
    const keyOf = (key: string) => guestOf({ auth: { user: "me", key } }).after.auth.key;
    assert.equal(keyOf("keys/id"), "stacks/mine/keys/id");
    assert.equal(keyOf("/keys/id"), "/keys/id");
    assert.equal(keyOf("~/id"), `${homedir()}/id`);
    assert.equal(keyOf("generated"), "generated");
  });

  it("stay where they are when their path is absolute, and so does everything else", () => {
    const { before, after } = guestOf({ image: { file: "/images/a.qcow2", format: "qcow2" } });
    assert.deepEqual(after, before);
    const builtIn = guestOf({ platform: "debian-12" });
    assert.deepEqual(builtIn.after, builtIn.before);
  });
});
