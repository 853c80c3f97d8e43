import { SYSTEM_PATHS } from "../../definitions/builtin/defaults";
import { CHECK_IMAGES } from "../../definitions/images";
import type { HostConnectionSpec, HypervisorSpec } from "../../hypervisor/spec";
import { ArgumentError } from "../argument-error";

/** What a program says about a hypervisor. */
export interface GivenSpec {
  readonly uri?: string;
  readonly connection?: HostConnectionSpec;
  readonly diskPoolPath?: string;
  readonly imageCachePath?: string;
  readonly repairAccess?: boolean | undefined;
  readonly checkImages?: HypervisorSpec["checkImages"];
  readonly imageSizeLimit?: number | undefined;
  readonly hostAccess?: readonly number[] | undefined;
}

/**
 * A hypervisor with the defaults of what a program leaves out.
 *
 * @throws InputPropertyError for a path that is not absolute, or a session URI without paths: its folders would be in
 * a home folder that only the host knows; for a word that `checkImages` does not know; for a size of nothing; for a port that is none.
 */
export function completeSpec(name: string, given: GivenSpec): HypervisorSpec {
  const uri = given.uri ?? "qemu:///system";
  const path = (property: "diskPoolPath" | "imageCachePath") => {
    const value = given[property];
    if (value?.startsWith("/") === true) return value;
    if (value === undefined && !uri.endsWith("/session")) return SYSTEM_PATHS[property];
    throw new ArgumentError(
      property,
      `hypervisor "${name}" with the URI ${uri} needs an absolute folder here; found: ${value ?? "nothing"}`,
    );
  };
  const { checkImages = "quick" } = given;
  if (!CHECK_IMAGES.includes(checkImages)) {
    throw new ArgumentError(
      "checkImages",
      `one of ${CHECK_IMAGES.join(", ")}; found: ${checkImages as string}`,
    );
  }
  const { imageSizeLimit } = given;
  if (imageSizeLimit !== undefined && !(imageSizeLimit > 0)) {
    throw new ArgumentError("imageSizeLimit", `a number of GiB; found: ${imageSizeLimit}`);
  }
  const { hostAccess = [] } = given;
  const wrong = hostAccess.find((each) => !Number.isInteger(each) || each < 1 || each > 65_535);
  if (wrong !== undefined) {
    throw new ArgumentError("hostAccess", `a list of ports, 1 to 65535; found: ${String(wrong)}`);
  }
  return {
    name,
    uri,
    connection: given.connection ?? { type: "local" },
    diskPoolPath: path("diskPoolPath"),
    imageCachePath: path("imageCachePath"),
    ...(given.repairAccess === true ? { repairAccess: true } : {}),
    ...(checkImages === "full" ? { checkImages } : {}),
    ...(imageSizeLimit === undefined ? {} : { imageSizeLimit }),
    ...(hostAccess.length > 0 ? { hostAccess: [...hostAccess] } : {}),
  };
}
