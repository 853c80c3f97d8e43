import type { CommandResult, Shell } from "../../../connections/shell";
import { hypervisorHost, type HypervisorHost } from "../../../hypervisor/host";
import { sampleDomain } from "./sample-domain";

type Answer = Partial<CommandResult> | string;

export interface FakeHost extends HypervisorHost {
  /** Commands that were run: virsh's without everything before its own arguments. */
  readonly commands: readonly (readonly string[])[];
}

/** A host whose programs are played by a function; text is standard output, undefined a success without words. */
export function fakeHost(play: (argv: readonly string[], stdin: string) => Answer | undefined): FakeHost {
  const commands: (readonly string[])[] = [];
  const run: Shell["run"] = ({ argv, stdin = "" }) => {
    const virsh = argv.indexOf("virsh");
    const shown = virsh === -1 ? argv : ["virsh", ...argv.slice(virsh + 3)];
    commands.push(shown);
    const answer = play(shown, String(stdin)) ?? {};
    return Promise.resolve({
      exitCode: 0,
      stdout: typeof answer === "string" ? answer : "",
      stderr: "",
      ...(typeof answer === "string" ? {} : answer),
    });
  };
  const shell: Shell = {
    description: "fake",
    run,
    output: async (command) => {
      const result = await run(command);
      if (result.exitCode !== 0) throw new Error(result.stderr);
      return result.stdout;
    },
    start: () => {
      throw new Error("not played");
    },
    close: () => Promise.resolve(),
  };
  return { ...hypervisorHost(sampleDomain().hypervisor, shell), commands };
}

/** A refusal of virsh. */
export function refusal(stderr: string): Partial<CommandResult> {
  return { exitCode: 1, stderr: `error: ${stderr}\n` };
}
