import type { ImageSource } from "../../definitions/images";

type PackagesSource = Extract<ImageSource, { kind: "packages" }>;

/** Where the scripts of packages run: on the host, or in an emulated machine of the image's own architecture. */
export type InstallWay = "host" | "guest";

/** The steps that make an image from packages, in order, for people. */
export function buildSteps({ recipe, arch }: PackagesSource, way: InstallWay): readonly string[] {
  if (recipe === "tiny") return ["packages are unpacked", "the disk is written"];
  return way === "host"
    ? ["packages are installed", "the disk is written"]
    : [
        "packages are unpacked",
        `their scripts are run in an emulated machine of ${arch}, because the host does not run its programs (minutes)`,
        "the disk is written",
      ];
}
