import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const IMAGES = resolve(__dirname, "../../../hypervisor/images");
const files = readdirSync(join(IMAGES, "scripts"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(join(IMAGES, "scripts").length + 1));
const sources = readdirSync(IMAGES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith(".ts"))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
  .join("\n");

describe("the scripts of images", () => {
  for (const file of files) {
    it(`are sent to the hypervisor: ${file}`, () => {
      // Lists of files give the folder once, and then the names.
      const known = file.split("/").length > 2 ? file.split("/").slice(-2).join("/") : file;
      const name = known.replace(/^(tiny|second-stage)\//, "");
      assert.ok(sources.includes(name), `no source names ${name}`);
    });
  }

  it("name no server", () => {
    for (const file of files) {
      const text = readFileSync(join(IMAGES, "scripts", file), "utf8");
      assert.doesNotMatch(text, /https?:\/\/[a-z0-9]/i, file);
    }
  });
});
