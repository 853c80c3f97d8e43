import assert from "node:assert/strict";
import { resolve } from "node:path";
import { before, describe, it } from "mocha";

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly numbers: readonly number[];
  readonly name: string;
  readonly startedAt: number;
}
interface Surroundings {
  readonly host: string;
  readonly processes: readonly Seen[] | undefined;
  readonly inner: { readonly beganAt: number; readonly lastPid: number } | undefined;
  readonly isHidden: (pid: number) => boolean;
}
interface Locks {
  parseLock(text: string): object | undefined;
  judge(file: object, seen: Surroundings): { readonly left: boolean; readonly because?: string };
}

const MODULE = resolve(__dirname, "../../../toolchain/lib/locks.mjs");
const TAKEN = Date.parse("2026-11-29T20:00:00Z");
const LOCK = { pid: 700, hostname: "here", timestamp: "2026-11-29T20:00:00.5Z" };
const OF_LOCK = { lock: LOCK, writtenAt: TAKEN };
const UNREADABLE = { lock: undefined, writtenAt: TAKEN };
const MINUTE = 60_000;

describe("a lock of Pulumi's file backend", () => {
  let locks: Locks;
  before(async () => (locks = (await import(MODULE)) as Locks));

  const pulumi = (change: Partial<Seen> = {}): Seen => ({
    pid: 700,
    parent: 1,
    numbers: [700],
    name: "pulumi",
    startedAt: TAKEN - 1000,
    ...change,
  });
  const around = (change: Partial<Surroundings> = {}): Surroundings => ({
    host: "here",
    processes: [],
    inner: undefined,
    isHidden: () => false,
    ...change,
  });
  const isLeft = (file: object, seen: Surroundings) => locks.judge(file, seen).left;

  it("is left over when its process is gone", () => {
    assert.equal(isLeft(OF_LOCK, around()), true);
  });
  it("stays while its process lives", () => {
    const { left, because } = locks.judge(OF_LOCK, around({ processes: [pulumi()] }));
    assert.equal(left, false);
    assert.match(because ?? "", /process 700 holds it and lives/);
  });
  it("is left over when its number was given to something else, or to a later pulumi", () => {
    assert.equal(isLeft(OF_LOCK, around({ processes: [pulumi({ name: "sleep" })] })), true);
    assert.equal(isLeft(OF_LOCK, around({ processes: [pulumi({ startedAt: TAKEN + MINUTE })] })), true);
  });
  it("stays when its process was one of another machine", () => {
    assert.match(locks.judge(OF_LOCK, around({ host: "there" })).because ?? "", /another machine, here/);
  });
  it("stays while a process in an inner namespace holds it, whose number there it has", () => {
    const inner = pulumi({ pid: 31_000, numbers: [31_000, 700] });
    assert.equal(isLeft(OF_LOCK, around({ processes: [inner] })), false);
  });
  it("stays, seen from an inner namespace, when it cannot be from there", () => {
    const older = { beganAt: TAKEN + MINUTE, lastPid: 9000 };
    assert.equal(isLeft(OF_LOCK, around({ inner: older })), false);
    const smaller = { beganAt: TAKEN - MINUTE, lastPid: 90 };
    assert.equal(isLeft(OF_LOCK, around({ inner: smaller })), false);
    assert.equal(isLeft(OF_LOCK, around({ inner: { beganAt: TAKEN - MINUTE, lastPid: 9000 } })), true);
  });
  it("stays when its process lives but must not be seen", () => {
    assert.equal(isLeft(OF_LOCK, around({ isHidden: () => true })), false);
  });
  it("cannot be read: left over unless a pulumi runs that may have written it", () => {
    assert.equal(isLeft(UNREADABLE, around()), true);
    assert.equal(isLeft(UNREADABLE, around({ processes: [pulumi({ startedAt: TAKEN + MINUTE })] })), true);
    assert.equal(isLeft(UNREADABLE, around({ processes: [pulumi()] })), false);
    assert.equal(isLeft(UNREADABLE, around({ processes: undefined })), false);
  });
  it("is read only when it is whole", () => {
    assert.deepEqual(locks.parseLock(JSON.stringify({ ...LOCK, username: "root" })), LOCK);
    for (const text of ["", "{", "null", "[]", "{}", '{"pid":"7","hostname":"here","timestamp":"now"}'])
      assert.equal(locks.parseLock(text), undefined, text);
  });
});
