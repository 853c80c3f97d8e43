import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inWorkshop } from "../../../hypervisor/images/workshop";
import { processesWith } from "../../support/pulumi-project";
import { imageHost, type ImageHost } from "./image-host";

const KEY = "0123456789abcdef0123456789abcdef";

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`waited 10 s for ${what}`);
}

describe("the workshop of an image", function () {
  this.timeout(60_000);
  let here: ImageHost;
  beforeEach(() => (here = imageHost()));
  afterEach(() => here.remove());
  const options = () => ({ host: here.host, requestKey: KEY, observer: here.observer, folder: here.folder });
  const folders = () => readdirSync(join(here.cache, "work"));

  it("is gone after the work", async () => {
    const folder = await inWorkshop(options(), (workshop) => {
      writeFileSync(join(workshop.folder, "file"), "x");
      return Promise.resolve(workshop.folder);
    });
    assert.equal(existsSync(folder), false);
  });

  it("is gone after a failure, which is what the caller sees", async () => {
    await assert.rejects(
      inWorkshop(options(), () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.deepEqual(folders(), []);
  });

  it("is there for one controller at a time", async () => {
    const order: string[] = [];
    const work = (name: string) =>
      inWorkshop(options(), async () => {
        order.push(`${name} begins`);
        await new Promise((done) => setTimeout(done, 300));
        order.push(`${name} ends`);
      });
    await Promise.all([work("a"), work("b")]);
    assert.equal(order[0]?.slice(0, 1), order[1]?.slice(0, 1), order.join());
    assert.ok(here.lines.some((line) => line.includes("another controller")));
  });

  it("clears what a crash of the host left", async () => {
    mkdirSync(join(here.cache, "work", `${KEY.slice(0, 16)}.left`), { recursive: true });
    const during = await inWorkshop(options(), () => Promise.resolve(folders()));
    assert.equal(during.length, 1);
    assert.deepEqual(folders(), []);
  });

  it("stops its work when it is aborted", async () => {
    const abort = new AbortController();
    const work = inWorkshop({ ...options(), signal: abort.signal }, async (workshop) => {
      await workshop.stage(["run.sh"]);
      writeFileSync(join(workshop.folder, "script"), "sleep 1001.25");
      setTimeout(() => abort.abort(new Error("enough")), 500);
      await workshop.run({
        script: "run.sh",
        args: [join(workshop.folder, "script"), "image", "long"],
        timeoutMs: 60_000,
      });
    });
    await assert.rejects(work);
    assert.deepEqual(folders(), []);
    await until("the end of the script", () => processesWith("1001.25").length === 0);
  });

  it("is cleared, and its work stopped, when the controller is killed", async () => {
    const program = `
      const { inWorkshop } = require(${JSON.stringify(resolve("hypervisor/images/workshop.ts"))});
      const { openHypervisor } = require(${JSON.stringify(resolve("hypervisor/host.ts"))});
      const { writeFileSync } = require("node:fs");
      const host = openHypervisor(${JSON.stringify(here.host.spec)});
      const observer = { progress: () => {}, warning: () => {} };
      inWorkshop({ host, observer, requestKey: "${KEY}", folder: "." }, async (workshop) => {
        await workshop.stage(["run.sh"]);
        writeFileSync(workshop.folder + "/script", "echo $$ > pid; sleep 1002.25");
        await workshop.run({ script: "run.sh", args: [workshop.folder + "/script", "image", "long"], timeoutMs: 60000 });
      });`;
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program], { stdio: "ignore" });
    const work = () => (existsSync(join(here.cache, "work")) ? folders() : []);
    await until("the script", () => work().some((name) => existsSync(join(here.cache, "work", name, "pid"))));
    child.kill("SIGKILL");
    await once(child, "exit");
    await until("the folder to go", () => folders().length === 0);
    await until("the end of the script", () => processesWith("sleep 1002.25").length === 0);
    await inWorkshop(options(), () => Promise.resolve());
    assert.deepEqual(here.lines, [], "nobody else has the lock");
  });
});
