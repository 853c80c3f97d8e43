import type { ImageDefinition, ImageSource, ImageStep } from "../../definitions/images";

type PackagesSource = Extract<ImageSource, { kind: "packages" }>;
type UrlSource = Extract<ImageSource, { kind: "url" }>;

/** Where the scripts of packages run: on the host, or in an emulated machine of the image's own architecture. */
export type InstallWay = "host" | "guest";

/** What makes an image, from its source through the steps of its definition, in order, for people. */
export function imageSteps({ source, steps }: Pick<ImageDefinition, "source" | "steps">, way: InstallWay) {
  const [first = "", ...others] = sourceSteps(source, way);
  const warned = source.kind === "url" && isUnprotected(source) ? `${first}${UNPROTECTED}` : first;
  return [warned, ...others, ...steps.map(stepText)];
}

function sourceSteps(source: ImageSource, way: InstallWay): readonly string[] {
  switch (source.kind) {
    case "url":
      return [`download ${source.url} (${trust(source)})`];
    case "file":
      return [`upload ${source.path}`];
    case "pool":
      return [`copy volume ${source.volume} of pool ${source.pool}`];
    case "packages":
      return buildSteps(source, way);
  }
}

/** No part of the texts that commands are made of: a word more there would run them again. */
const UNPROTECTED = ", over http: anybody on the way can put another image there";

/** Whether whoever is on the way decides what comes: no digest, and no way that is encrypted, and no signature. */
function isUnprotected({ url, checksum }: UrlSource): boolean {
  const isOpen = (address: string) => !/^https:/i.test(address);
  if (checksum.kind === "unverified") return isOpen(url);
  return checksum.kind === "manifest" && checksum.signature === undefined && isOpen(checksum.url);
}

function trust({ checksum }: UrlSource): string {
  if (checksum.kind === "unverified") return "not verified";
  return checksum.kind === "literal"
    ? `verified by its ${checksum.algorithm}`
    : `verified by ${checksum.url}`;
}

function buildSteps({ recipe, arch }: PackagesSource, way: InstallWay): readonly string[] {
  if (recipe === "tiny") return ["unpack packages", "write the disk"];
  return way === "host"
    ? ["install packages", "write the disk"]
    : [
        "unpack packages",
        `run their scripts in an emulated machine of ${arch}, because the host does not run its programs (minutes)`,
        "write the disk",
      ];
}

/** What was done last for an image, for people: its last step, or its source. */
export function lastStepText({ source, steps }: Pick<ImageDefinition, "source" | "steps">): string {
  const last = steps.at(-1);
  return last === undefined ? sourceText(source) : stepText(last);
}

/** Where an image comes from, in one step, for people. */
function sourceText(source: ImageSource): string {
  if (source.kind !== "packages") return sourceSteps(source, "host").join("; ");
  return `build from packages (${source.recipe}, ${source.arch})`;
}

/** What a step does, for people. */
export function stepText(step: ImageStep): string {
  return step.name === undefined ? whatStepDoes(step) : `${step.name} (${whatStepDoes(step)})`;
}

function whatStepDoes(step: ImageStep): string {
  switch (step.kind) {
    case "decompress":
      return step.member === undefined ? "decompress" : `unpack ${step.member}`;
    case "convert":
      return `convert to ${step.to}`;
    case "resize":
      return `resize to ${step.sizeMiB} MiB`;
    case "customize":
      return "customize";
    case "run":
      return step.script === undefined ? "run a script" : `run ${step.script}`;
  }
}
