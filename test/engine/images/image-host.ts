import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHypervisor, type HypervisorHost } from "../../../hypervisor/host";
import type { ImageObserver } from "../../../hypervisor/images/observer";

/** A hypervisor whose host is this machine, with an image cache of its own; libvirt is not asked. */
export interface ImageHost {
  readonly host: HypervisorHost;
  readonly folder: string;
  readonly cache: string;
  readonly lines: string[];
  readonly warnings: string[];
  readonly observer: ImageObserver;
  remove(): void;
}

export function imageHost(): ImageHost {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  const cache = join(folder, "cache");
  const lines: string[] = [];
  const warnings: string[] = [];
  return {
    folder,
    cache,
    lines,
    warnings,
    observer: { progress: (text) => lines.push(text), warning: (text) => warnings.push(text) },
    host: openHypervisor({
      name: "here",
      uri: "test:///default",
      connection: { type: "local" },
      diskPoolPath: join(folder, "guests"),
      imageCachePath: cache,
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
