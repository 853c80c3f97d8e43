import assert from "node:assert/strict";
import {
  decideSweep,
  keepReferred,
  type LiveFarms,
  type SweepItem,
  type SweepOptions,
} from "../../../hypervisor/sweep/decide";
import type { Found, FoundDomain, FoundFolder } from "../../../hypervisor/sweep/found";

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
const OLD = NOW - 2 * HOUR;
const owner = (farm: string, stack: string, guest = "web") => ({ farm, stack, guest, version: "1" });

const LIVE: LiveFarms = {
  farms: new Map([
    ["f-live", { stack: "dev", domains: new Set(["dev.web"]), networks: new Set(["dev-net"]) }],
  ]),
};

const domain = (name: string, change: Partial<FoundDomain> = {}): FoundDomain => ({
  name,
  owner: owner("f-live", "dev"),
  files: [],
  networks: [],
  ...change,
});
const folder = (name: string, change: Partial<FoundFolder> = {}): FoundFolder => ({
  path: `/pool/${name}`,
  owner: owner("f-live", "dev"),
  domain: name,
  keepRunning: false,
  kept: false,
  leaseHeld: false,
  changedAt: OLD,
  ...change,
});

function decide(found: Partial<Found>, options: Partial<SweepOptions> = {}) {
  const whole = { domains: [], folders: [], work: [], networks: [], ...found };
  const items = decideSweep(whole, LIVE, {
    diskPoolPath: "/pool",
    lostFarm: null,
    olderThanMs: HOUR,
    now: NOW,
    ...options,
  });
  return Object.fromEntries(
    items.map(({ name, remove, reason }) => [name, `${remove ? "goes" : "stays"}: ${reason}`]),
  );
}

describe("the decision of a sweep", () => {
  const LEFT = "goes: left by stack dev, whose state does not hold it";

  it("leaves what a state holds, with or without its folder or definition", () => {
    const stays = { "dev.web": "stays: belongs to stack dev" };
    assert.deepEqual(decide({ domains: [domain("dev.web")], folders: [folder("dev.web")] }), stays);
    assert.deepEqual(decide({ domains: [domain("dev.web")] }), stays);
    assert.deepEqual(decide({ folders: [folder("dev.web")] }), stays);
  });

  it("removes what a crash left: a domain, a folder, or both as one", () => {
    assert.deepEqual(decide({ domains: [domain("dev.gone")] }), { "dev.gone": LEFT });
    assert.deepEqual(decide({ folders: [folder("dev.gone")] }), { "dev.gone": LEFT });
    assert.deepEqual(decide({ domains: [domain("dev.gone")], folders: [folder("dev.gone")] }), {
      "dev.gone": LEFT,
    });
  });

  it("knows nothing of what has no mark, whatever its name is", () => {
    const found = {
      domains: [domain("dev.web-2", { owner: null })],
      folders: [folder("dev.web-3", { owner: null })],
    };
    assert.deepEqual(
      decide({ ...found, networks: [{ name: "dev-net-2", owner: null }] }, { lostFarm: "f-lost" }),
      {},
    );
  });

  it("leaves a folder without a mark beside a marked domain's name", () => {
    const decided = decide({ domains: [domain("dev.gone", { owner: null })], folders: [folder("dev.gone")] });
    assert.deepEqual(decided, {});
  });

  it("takes a farm for lost only when it is told so, by its id", () => {
    const lost = { domains: [domain("prod.web", { owner: owner("f-lost", "prod") })] };
    const why =
      "belongs to stack prod of another backend, or its state is lost: --farm f-lost takes it as lost";
    assert.deepEqual(decide(lost), { "prod.web": `stays: ${why}` });
    assert.deepEqual(decide(lost, { lostFarm: "f" }), { "prod.web": `stays: ${why}` });
    assert.deepEqual(decide(lost, { lostFarm: "f-lost" }), {
      "prod.web": "goes: the state of stack prod is lost",
    });
  });

  it("leaves a live farm alone when a lost one has its name", () => {
    const found = { domains: [domain("dev.web"), domain("dev.old", { owner: owner("f-lost", "dev") })] };
    assert.deepEqual(decide(found, { lostFarm: "f-lost" }), {
      "dev.web": "stays: belongs to stack dev",
      "dev.old": "goes: the state of stack dev is lost",
    });
  });

  it("leaves a domain whose folder's mark cannot be read: its disks may be long-lived", () => {
    const found = { domains: [domain("dev.gone")], folders: [folder("dev.gone", { owner: null })] };
    assert.match(decide(found)["dev.gone"] ?? "", /^stays: .*may be long-lived/);
  });

  it("takes nothing of another farm whose stack has the same name", () => {
    const found = {
      domains: [
        domain("dev.old", { owner: owner("f-lost", "dev") }),
        domain("dev.theirs", { owner: owner("f-other", "dev") }),
      ],
      networks: [{ name: "dev-theirs", owner: owner("f-other", "dev", "network") }],
    };
    const decided = decide(found, { lostFarm: "f-lost" });
    assert.match(decided["dev.old"] ?? "", /^goes/);
    assert.match(decided["dev.theirs"] ?? "", /^stays: .*--farm f-other/);
    assert.match(decided["dev-theirs"] ?? "", /^stays: .*--farm f-other/);
  });

  const REASONS: Readonly<Record<string, readonly [Partial<FoundFolder>, string]>> = {
    "a lease": [{ leaseHeld: true }, "somebody holds its lease"],
    "its age": [{ changedAt: NOW - HOUR + 1 }, "was made a moment ago"],
    "being kept": [{ kept: true }, "its disks are marked as kept"],
    "a mark that names no domain": [{ domain: null }, "its mark does not say which domain it was made for"],
  };
  for (const [what, [change, reason]] of Object.entries(REASONS)) {
    it(`leaves a folder because of ${what}`, () => {
      assert.deepEqual(Object.values(decide({ folders: [folder("dev.gone", change)] })), [
        `stays: ${reason}`,
      ]);
    });
  }

  it("leaves a domain whose folder is somebody else's", () => {
    const folders = [folder("dev.gone", { owner: owner("f-live", "dev", "db") })];
    assert.deepEqual(decide({ domains: [domain("dev.gone")], folders }), {
      "dev.gone": "stays: its folder has another owner",
    });
  });

  it("says that the disks of a long-lived guest are kept", () => {
    const decided = decide({ folders: [folder("dev.gone", { keepRunning: true })] });
    assert.deepEqual(decided, { "dev.gone": `${LEFT}; its disks are kept` });
  });

  it("removes a network with the guests on it, and leaves one that another guest is on", () => {
    const networks = [{ name: "dev-old", owner: owner("f-live", "dev", "network dev-old") }];
    const gone = domain("dev.gone", { networks: ["dev-old"] });
    assert.equal(decide({ networks, domains: [gone] })["dev-old"], LEFT);
    const theirs = domain("theirs", { owner: null, networks: ["dev-old"] });
    assert.equal(decide({ networks, domains: [gone, theirs] })["dev-old"], "stays: guest theirs is on it");
    const kept = [{ name: "dev-net", owner: owner("f-live", "dev") }];
    assert.equal(decide({ networks: kept })["dev-net"], "stays: belongs to stack dev");
  });

  it("removes work folders that nobody works in, once they are old", () => {
    const work = (path: string, change: object) => ({
      path,
      lock: "/l",
      lockHeld: false,
      changedAt: OLD,
      ...change,
    });
    const decided = decide({
      work: [work("/a", {}), work("/b", { lockHeld: true }), work("/c", { changedAt: NOW })],
    });
    assert.deepEqual(decided, {
      "/a": "goes: left by a run that was broken off",
      "/b": "stays: somebody works in it",
      "/c": "stays: was made a moment ago",
    });
  });
});

describe("references of a sweep", () => {
  const item = (name: string, remove = true): SweepItem => ({
    kind: "guest",
    name,
    owner: owner("f", "s"),
    remove,
    reason: "lost",
    folder: folder(name),
  });
  const going = (items: readonly SweepItem[]) => items.flatMap(({ name, remove }) => (remove ? [name] : []));
  const from = (path: string, to: string) => ({ from: path, to: `/pool/${to}/layers/x/vda.qcow2` });

  it("keep what a file or domain that stays refers to, and nothing for its own files' sake", () => {
    const items = [item("a"), item("b")];
    assert.deepEqual(going(keepReferred(items, [from("/pool/a/layers/y/vda.qcow2", "a")])), ["a", "b"]);
    assert.deepEqual(going(keepReferred(items, [from("/elsewhere/overlay", "a")])), ["b"]);
    assert.deepEqual(going(keepReferred(items, [from("domain theirs", "b")])), ["a"]);
  });

  it("do not count when they go too, and are followed when they stay after all", () => {
    const items = [item("a"), item("b"), item("c")];
    const chain = [from("/pool/b/layers/y/vda.qcow2", "a"), from("/pool/c/layers/y/vda.qcow2", "b")];
    assert.deepEqual(going(keepReferred(items, chain)), ["a", "b", "c"]);
    assert.deepEqual(going(keepReferred(items, [...chain, from("/elsewhere/overlay", "c")])), []);
  });

  it("are told apart from names that start alike", () => {
    assert.deepEqual(going(keepReferred([item("a")], [from("/elsewhere/overlay", "a-2")])), ["a"]);
  });
});
