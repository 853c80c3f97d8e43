import assert from "node:assert/strict";
import type { ImageDefinition } from "../../../definitions/images";
import { farm } from "../definitions/resolve/fixtures";
import { openImages } from "../../../program/open-images";

const imagesOf = (image: string): ImageDefinition[] =>
  farm(`guests: {list: [{platform: mine, target: amd64}]}\nplatforms: {mine: {image: ${image}}}`).guests.map(
    (guest) => guest.image,
  );
const SHA = `sha256:${"0".repeat(64)}`;

describe("images over http", () => {
  for (const image of [
    '{url: "http://h/a.img", trust: unverified}',
    '{url: "http://h/a.img", checksum: {manifest: "http://h/SHA256SUMS"}}',
  ]) {
    it(`are warned of: ${image}`, () => {
      const [warning, ...others] = openImages([...imagesOf(image), ...imagesOf(image)]);
      assert.match(warning ?? "", /http:\/\/h\/a\.img comes over http/);
      assert.deepEqual(others, []);
    });
  }

  for (const image of [
    '{url: "http://127.0.0.1:8000/a.img", trust: unverified}',
    '{url: "https://h/a.img", trust: unverified}',
    `{url: "http://h/a.img", checksum: "${SHA}"}`,
    '{url: "http://h/a.img", checksum: {manifest: "https://h/SHA256SUMS"}}',
  ]) {
    it(`are fine where something protects them: ${image}`, () =>
      assert.deepEqual(openImages(imagesOf(image)), []));
  }
});
