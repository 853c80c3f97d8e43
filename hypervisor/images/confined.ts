import { imageSizeLimit } from "./size-limit";
import type { Workshop } from "./workshop";

/** A program that opens what a stranger made, in a folder of a workshop. */
export interface ConfinedCall {
  /** Program and arguments; it sees the image as `./in` and leaves `./out`. */
  readonly argv: readonly string[];
  readonly input: string;
  /** Path of what it leaves; the path of the input for a program that changes the image. Default: it leaves nothing. */
  readonly output?: string;
  readonly timeoutMs: number;
}

/**
 * Runs a program without rights where the hypervisor allows it, and returns what it printed.
 * @throws as `Workshop.run` does.
 */
export async function runConfined(
  workshop: Workshop,
  { argv, input, output = "", timeoutMs }: ConfinedCall,
): Promise<string> {
  await workshop.stage(["confine.sh"]);
  return workshop.run({
    script: "confine.sh",
    program: argv[0] ?? "",
    args: [input, output, String(imageSizeLimit(workshop.host)), ...argv],
    timeoutMs,
  });
}
