import assert from "node:assert/strict";
import { UserError } from "../../../definitions/user-error";
import { checkSecrets } from "../../../program/check-secrets";
import { placed } from "../components/sample-farm";

const project = {
  secrets: { token: "token", upload: "ci:key" },
  declaredAt: { phases: "", secrets: "farm.yaml:9:3 project.secrets" },
};
const guests = placed({
  hypervisors: { here: {} },
  guests: {
    list: ["one", "two"].map((name) => ({
      platform: "tiny",
      target: "amd64",
      name,
      auth: { password: { secret: "login" } },
      seed: { users: [{ name: "me", password: { secret: "mine" } }] },
    })),
  },
});

function missing(configured: readonly string[], chosen: typeof project | null = project) {
  try {
    checkSecrets("lab", guests, chosen, configured);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.mistakes;
  }
  return [];
}

describe("secrets that a farm names", () => {
  it("are all told when they are not there, each once, with place and remedy", () => {
    const mistakes = missing([]);
    assert.deepEqual(
      mistakes.map(({ found }) => found?.split(" ")[1]),
      ["guest-farm:token", "ci:key", "guest-farm:login", "guest-farm:mine"],
    );
    assert.deepEqual(mistakes[0], {
      file: "farm.yaml:9:3 project.secrets",
      what: 'there is no secret "token" in the stack\'s configuration',
      found: "no guest-farm:token in Pulumi.lab.yaml",
      remedy: "pulumi config set -s lab --secret guest-farm:token",
    });
    assert.match(mistakes[2]?.file ?? "", /^farm\.yaml:\d+:\d+ guests\.list\[0\]$/);
    assert.equal(mistakes[2]?.path, "auth.password");
    assert.equal(mistakes[3]?.path, "seed.users.me.password");
  });

  it("may be set in their namespaces", () => {
    assert.deepEqual(missing(["guest-farm:token", "ci:key", "guest-farm:login", "guest-farm:mine"]), []);
    assert.equal(
      missing(["guest-farm:token", "guest-farm:key", "guest-farm:login", "guest-farm:mine"]).length,
      1,
    );
  });

  it("of a project count only where one is chosen", () => {
    assert.deepEqual(missing(["guest-farm:login", "guest-farm:mine"], null), []);
  });
});
