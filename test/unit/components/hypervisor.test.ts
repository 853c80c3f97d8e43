import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { completeSpec } from "../../../components/hypervisor/complete-spec";
import { providerUri } from "../../../components/hypervisor/provider-uri";
import { HypervisorSpec, type HostConnectionSpec } from "../../../hypervisor/spec";

describe("Hypervisor", () => {
  it("is this machine's system libvirt by default", () => {
    const spec = completeSpec("here", {});
    assert.deepEqual(spec, HypervisorSpec.parse(spec));
    assert.equal(spec.uri, "qemu:///system");
    assert.deepEqual(spec.connection, { type: "local" });
    assert.notEqual(spec.diskPoolPath, spec.imageCachePath);
  });

  it("refuses relative folders and names the property", () => {
    for (const property of ["diskPoolPath", "imageCachePath"] as const) {
      assert.throws(
        () => completeSpec("here", { [property]: "images" }),
        (error) =>
          pulumi.InputPropertyError.isInstance(error) &&
          error.propertyPath === property &&
          /absolute folder here; found: images/.test(error.reason),
      );
    }
  });

  it("checks images as it is told, and knows no other word", () => {
    assert.equal(completeSpec("here", { checkImages: "full" }).checkImages, "full");
    assert.equal("checkImages" in completeSpec("here", { checkImages: "quick" }), false);
    assert.throws(
      () => completeSpec("here", { checkImages: "fully" as "full" }),
      (error) => pulumi.InputPropertyError.isInstance(error) && error.propertyPath === "checkImages",
    );
  });

  it("needs folders for a session, whose home folder only the host knows", () => {
    const uri = "qemu:///session";
    assert.throws(() => completeSpec("here", { uri }), /absolute folder here; found: nothing/);
    const folders = { diskPoolPath: "/home/me/guests", imageCachePath: "/home/me/images" };
    assert.deepEqual(completeSpec("here", { uri, ...folders }).diskPoolPath, folders.diskPoolPath);
  });
});

describe("URI of the libvirt provider", () => {
  const uriOf = (connection: HostConnectionSpec, uri = "qemu:///system") =>
    providerUri({ ...completeSpec("far", { diskPoolPath: "/a", imageCachePath: "/b", uri }), connection });

  it("is that of the host when it is this machine", () => {
    assert.equal(uriOf({ type: "local" }), "qemu:///system");
    assert.equal(uriOf({ type: "local" }, "qemu:///session"), "qemu:///session");
  });

  it("goes over SSH to others, with port, user and files", () => {
    assert.equal(uriOf({ type: "ssh", host: "far.example" }), "qemu+ssh://far.example/system");
    assert.equal(uriOf({ type: "ssh", host: "far" }, "qemu:///session"), "qemu+ssh://far/session");
    assert.equal(
      uriOf({
        type: "ssh",
        host: "far.example",
        port: 2222,
        user: "a b@c",
        identityFile: "/keys/my key",
        knownHostsFile: "/keys/known&hosts",
      }),
      "qemu+ssh://a%20b%40c@far.example:2222/system?keyfile=%2Fkeys%2Fmy+key&knownhosts=%2Fkeys%2Fknown%26hosts",
    );
  });

  it("cannot be given behind jump hosts", () => {
    assert.throws(
      () => uriOf({ type: "ssh", host: "far", jump: ["gate", "yard"] }),
      /"far" is reached through gate, yard, where the libvirt provider cannot follow/,
    );
    assert.equal(uriOf({ type: "ssh", host: "far", jump: [] }), "qemu+ssh://far/system");
  });
});
