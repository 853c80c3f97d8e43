import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../definitions/user-error";
import type { FetchOptions } from "../guest-connection";
import { DEFAULT_ARRIVAL_LIMITS, limitedBytes } from "./limits";
import { makeFolder, moveInto } from "./place";
import { sift } from "./sift";
import { unpack } from "./unpack";

/**
 * Takes what comes from a guest into a fresh private folder beside the wanted place, and moves it there when all of it
 * is there and checked; nothing of a broken transfer is kept. `limits` default: `DEFAULT_ARRIVAL_LIMITS`.
 */
export class Receiver {
  private staging: string | undefined;
  private taking: Promise<void> = Promise.resolve();

  constructor(
    private readonly kind: "file" | "folder",
    private readonly path: string,
    private readonly options: Pick<FetchOptions, "mode" | "within" | "limits" | "onLeftOut">,
  ) {}

  /** @throws UserError above a limit, and for an archive with names that lead out of it */
  readonly consume = (stream: Readable): Promise<void> => {
    this.taking = this.take(stream);
    return this.taking;
  };

  /** Runs a transfer to its end. What went wrong here is told before what the transport makes of it. */
  async receive(transfer: () => Promise<unknown>): Promise<void> {
    try {
      await transfer();
      await this.keep();
    } catch (error) {
      const own: unknown = await this.taking.catch((problem: unknown) => problem);
      throw own instanceof UserError ? own : error;
    } finally {
      if (this.staging !== undefined) await rm(this.staging, { recursive: true, force: true });
    }
  }

  private async take(stream: Readable): Promise<void> {
    const limits = this.options.limits ?? DEFAULT_ARRIVAL_LIMITS;
    await makeFolder(dirname(this.path), this.options.within);
    this.staging = await mkdtemp(join(dirname(this.path), ".arriving-"));
    const arrived = this.arrived(this.staging);
    if (this.kind === "file") {
      await pipeline(stream, limitedBytes(limits), createWriteStream(arrived));
      return;
    }
    await mkdir(arrived);
    await unpack(stream, arrived, limits);
    for (const leftOut of await sift(arrived, limits)) this.options.onLeftOut?.(leftOut);
  }

  private async keep(): Promise<void> {
    if (this.staging === undefined) throw new Error("nothing has arrived");
    const arrived = this.arrived(this.staging);
    const { mode } = this.options;
    if (this.kind === "file" && mode !== undefined) await chmod(arrived, Number.parseInt(mode, 8) & 0o777);
    await moveInto(arrived, this.path);
  }

  private arrived(staging: string): string {
    return join(staging, "it");
  }
}
