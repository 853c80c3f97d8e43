import assert from "node:assert/strict";
import { parseAge } from "../../../cli/sweep/age";
import { farmOfState, liveFarms } from "../../../cli/sweep/live-farms";
import { sweepText } from "../../../cli/sweep/sweep-command";
import { UserError } from "../../../definitions/user-error";
import { parseSurvey } from "../../../hypervisor/sweep/survey";

const TYPE = "pulumi-nodejs:dynamic/guest-farm:";
const STATE = JSON.stringify({
  version: 3,
  deployment: {
    resources: [
      { type: "pulumi:pulumi:Stack" },
      { type: `${TYPE}FarmIdentity`, outputs: { farmId: "f1", keySalt: { secret: "..." } } },
      { type: `${TYPE}Domain`, outputs: { name: "dev.web" } },
      { type: `${TYPE}Network`, outputs: { name: "dev-net" } },
    ],
  },
});

describe("guest-farm sweep", () => {
  it("reads from a state which farm it is, and what it holds", () => {
    const farm = { stack: "dev", domains: new Set(["dev.web"]), networks: new Set(["dev-net"]) };
    assert.deepEqual(farmOfState("dev", STATE), [["f1", farm]]);
    assert.deepEqual(farmOfState("dev", '{"deployment": {}}'), []);
  });

  it("asks every stack, and refuses when one cannot be read", async () => {
    const run = (args: readonly string[]) =>
      args[1] === "ls" ? Promise.resolve('[{"name":"dev"},{"name":"prod"}]') : Promise.resolve(STATE);
    assert.deepEqual([...(await liveFarms(run)).farms.keys()], ["f1"]);
    const locked = new Error("passphrase");
    await assert.rejects(
      liveFarms((args) => (args.includes("prod") ? Promise.reject(locked) : run(args))),
      locked,
    );
  });

  it("knows what a state holds by its ids, where outputs are secret", () => {
    const name = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "...",
    };
    const resources = [
      { type: `${TYPE}FarmIdentity`, outputs: { farmId: "f1" } },
      { type: `${TYPE}Domain`, id: "dev.web", outputs: { name } },
    ];
    const [[, farm] = []] = farmOfState("dev", JSON.stringify({ deployment: { resources } }));
    assert.deepEqual(farm?.domains, new Set(["dev.web"]));
  });

  it("names the farms that nobody here knows, by the id that takes them as lost", () => {
    const owner = { farm: "f-other", stack: "dev", guest: "g", version: "1" };
    const item = {
      kind: "guest",
      name: "dev.x",
      owner,
      remove: false,
      reason: "",
      ofUnknownFarm: true,
    } as const;
    assert.match(sweepText("h", [item], { act: true, all: false }), /1 of stack dev is of .*--farm f-other/);
    const known = { ...item, ofUnknownFarm: false };
    assert.doesNotMatch(sweepText("h", [known], { act: true, all: false }), /--farm/);
  });

  it("knows ages", () => {
    assert.deepEqual(
      ["30m", "2h", "7d", "1.5", "0"].map(parseAge),
      [1_800_000, 7_200_000, 604_800_000, 5_400_000, 0],
    );
    for (const wrong of ["", "soon", "-1h", "5w", "h"])
      assert.throws(() => parseAge(wrong), UserError, wrong);
  });

  it("reads the survey, with what it cannot read as unmarked", () => {
    const mark = {
      farm: "f",
      stack: "s",
      guest: "g",
      version: "1",
      uuid: "6f0c7a52-5b0e-4d6e-9a51-3c7d3f7f2a10",
    };
    const text = (data: unknown) => Buffer.from(JSON.stringify(data)).toString("base64");
    const { folders, work } = parseSurvey(
      [
        `folder 12 held - ${text({ ...mark, domain: "VM a b", keepRunning: true })} /pool/VM a b~1`,
        `folder 13 free kept - /pool/kept~x`,
        `folder 14 free - ${text({ farm: "f" })} /pool/odd`,
        "work 15 held /cache/locks/k /cache/work/k.1",
      ].join("\n"),
    );
    assert.deepEqual(
      folders.map(({ path, owner, domain, keepRunning, kept, leaseHeld, changedAt }) => [
        ...[path, owner?.guest, domain, keepRunning, kept, leaseHeld, changedAt],
      ]),
      [
        ["/pool/VM a b~1", "g", "VM a b", true, false, true, 12_000],
        ["/pool/kept~x", undefined, null, false, true, false, 13_000],
        ["/pool/odd", undefined, null, false, false, false, 14_000],
      ],
    );
    assert.deepEqual(work, [
      { path: "/cache/work/k.1", lock: "/cache/locks/k", lockHeld: true, changedAt: 15_000 },
    ]);
  });

  it("says what would go, what went, and what could not", () => {
    const owner = { farm: "f", stack: "dev", guest: "g", version: "1" };
    const item = { kind: "guest", name: "dev.gone", owner, remove: true, reason: "lost" } as const;
    const stays = { ...item, name: "dev.web", remove: false };
    assert.match(
      sweepText("h", [item, stays], { act: false, all: false }),
      /would remove 1; 1 with a mark stays\n(.|\n)*would go.*dev\.gone(.|\n)*--yes/,
    );
    assert.doesNotMatch(sweepText("h", [item, stays], { act: true, all: false }), /dev\.web|--yes/);
    assert.match(sweepText("h", [stays], { act: true, all: true }), /stays .*dev\.web/);
    assert.match(
      sweepText("h", [{ ...item, failure: "busy" }], { act: true, all: false }),
      /removed 0;(.|\n)*FAILED.*busy/,
    );
  });
});
