import type { ImageDefinition, ImageSource, ImageStep } from "../../definitions/images";

type PackagesSource = Extract<ImageSource, { kind: "packages" }>;
type UrlSource = Extract<ImageSource, { kind: "url" }>;

/** Where the scripts of packages run: on the host, or in an emulated machine of the image's own architecture. */
export type InstallWay = "host" | "guest";

/** What makes an image, from its source through the steps of its definition, in order, for people. */
export function imageSteps({ source, steps }: Pick<ImageDefinition, "source" | "steps">, way: InstallWay) {
  return [...sourceSteps(source, way), ...steps.map(stepText)];
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
