import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { resolveFarm } from "../../definitions/resolve";
import { Mistakes } from "../../definitions/source/mistakes";
import { UserError } from "../../definitions/user-error";
import { examineImage } from "../../hypervisor/images/disk-format/examine";
import { DISK_FORMATS } from "../../hypervisor/images/disk-format/image-bytes";
import { findInList } from "../../hypervisor/images/sources/checksum-list";
import { parsePhaseFile } from "../../phases/file/parse";
import { mutatedBytes, mutatedText, type Random } from "./random";
import { sampleImages } from "./sample-images";

/** Tries one input that follows from the numbers. @throws what is wrong with the answer */
export type Target = (random: Random) => void | Promise<void>;

const CHECKOUT = resolve(__dirname, "../..");
const read = (path: string) => readFileSync(join(CHECKOUT, path), "utf8");

const HEX = "0123456789abcdef".repeat(4);
const LISTS = [
  `${HEX}  a.img\n${HEX} *images/b.img\n`,
  `SHA256 (a.img) = ${HEX}\nSHA512 (a.img) = ${HEX}${HEX}\n`,
  `SHA2-256(a.img)= ${HEX}\r\n`,
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${HEX}  a.img\n`,
];
const FARMS = ["stacks/quickstart/farm.yaml", "stacks/example-01/farm.yaml"];
const PHASES = [
  "steps:\n  - run: make check\n    timeout: 30\n  - copy: { from: src, to: /srv/src }\n  - fetch: { from: /srv/out, to: out }\n",
  "steps:\n  - name: build\n    run: |\n      cd /srv\n      make ${{ vars.target }}\n    if: ${{ guest.name == 'a' }}\n    register: made\n",
];

/** Whatever is wrong is the user's to mend, and is said as such. */
function orUserError(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.notEqual(error.message.trim(), "");
  }
}

export const TARGETS: Readonly<Record<string, Target>> = {
  "checksum list": (random) => {
    const text = mutatedText(random, random.one(LISTS));
    const file = random.one(["a.img", "a.img?x", "a%2.img", "x/a.img", ""]);
    const url = random.one(["https://x/SHA256SUMS", "https://x/SHA512SUMS"]);
    const answer = findInList(text, { url, file, algorithm: "sha256" }, `https://x/images/${file}`);
    if ("digest" in answer) {
      assert.equal(answer.digest.length, answer.algorithm === "sha256" ? 64 : 128);
      assert.ok(text.replaceAll("\0", "").toLowerCase().includes(answer.digest));
    } else assert.notEqual(answer.remedy, "");
  },
  "image header": async (random) => {
    const bytes = mutatedBytes(random, random.one(sampleImages()));
    const image = {
      size: bytes.length,
      read: (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length)),
    };
    try {
      assert.ok(DISK_FORMATS.includes(await examineImage(image)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Nothing that a stranger wrote may reach a terminal as it is.
      assert.match(error.message, /^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u);
    }
  },
  "farm file": (random) => {
    const text = mutatedText(random, read(random.one(FARMS)));
    orUserError(() => resolveFarm({ stack: "s", farmFile: { name: "farm.yaml", text }, files: {} }));
  },
  "phase file": (random) => {
    const text = mutatedText(random, random.one(PHASES));
    orUserError(() => parsePhaseFile("main.yaml", Buffer.from(text), new Mistakes()));
  },
};
