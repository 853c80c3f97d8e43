import { LineQueue } from "../../connections/process/line-queue";
import type { RunningCommand, Shell } from "../../connections/shell";

/** Answers of an agent by command; `hang` gives none. Commands that are not there are refused. */
export type Answers = Readonly<Record<string, (args: Record<string, unknown>) => unknown>>;

export interface FakeAgent {
  readonly shell: Shell;
  /** Argv of every virsh that was started. */
  readonly started: (readonly string[])[];
  answer(answers: Answers): void;
  /** Ends virsh after these words. */
  end(words: string): void;
}

export interface FakeGuest extends FakeAgent {
  /** Everything that was written to files. */
  written(): string;
  /** Every program that was started, as one text each. */
  argvs(): string[];
}

/** A shell whose only program is a virsh with a guest agent behind it. */
function openAgent(first: Answers): FakeAgent {
  let answers = first;
  let output = new LineQueue();
  let ended: () => void = () => undefined;
  const started: (readonly string[])[] = [];

  const reply = (line: string): string | null => {
    const quoted = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1] ?? "";
    const request = JSON.parse(quoted.replace(/\\(["\\])/g, "$1")) as {
      execute: string;
      arguments: Record<string, unknown>;
    };
    const answer = answers[request.execute];
    if (answer === undefined)
      return `error: internal error: The command ${request.execute} has not been found`;
    const value = answer(request.arguments);
    return value === "hang" ? null : `${JSON.stringify({ return: value })}\n`;
  };

  const start = (argv: readonly string[]): RunningCommand => {
    started.push(argv);
    const queue = new LineQueue();
    output = queue;
    const exited = new Promise<{ exitCode: number; stderr: string }>((resolve) => {
      ended = () => {
        queue.end();
        resolve({ exitCode: 1, stderr: "" });
      };
    });
    return {
      write: (text) => {
        for (const line of text.split("\n").filter(Boolean)) {
          queue.push(`virsh # ${line}\n`);
          if (line.startsWith("echo")) queue.push(line.slice("echo ".length));
          else {
            const said = reply(line);
            if (said === null) return;
            queue.push(`${said}\n`);
          }
        }
      },
      end: () => ended(),
      kill: () => ended(),
      lines: queue,
      exited,
    };
  };

  const none = (): never => {
    throw new Error("only virsh is started here");
  };
  return {
    shell: { description: "fake", run: none, output: none, start, close: () => Promise.resolve() },
    started,
    answer: (next) => (answers = next),
    end: (words) => {
      output.push(`${words}\n`);
      ended();
    },
  };
}

/** A guest whose every program prints the same; `floods`: without end. `exitCode: null`: it never ends. */
function openGuest(program: {
  stdout: readonly string[];
  floods?: boolean;
  stderr: string;
  exitCode: number | null;
}): FakeGuest {
  const programs: string[] = [];
  let content = Buffer.alloc(0);
  let handles = 0;
  const reads = new Map<number, Buffer[]>();
  const captured = new Set<number>();

  const answers: Answers = {
    "guest-exec": ({ path, arg, "capture-output": capture }) => {
      programs.push([path, ...(arg as string[])].join(" "));
      if (capture === true) captured.add(programs.length);
      return { pid: programs.length };
    },
    "guest-exec-status": ({ pid }) => {
      if (captured.has(pid as number)) {
        return { exited: true, exitcode: 0, "out-data": Buffer.from("/run/folder\n").toString("base64") };
      }
      const housekeeping =
        programs[(pid as number) - 1]?.includes(" remove guest-farm-") === true && program.exitCode === null;
      if (housekeeping) return { exited: true, exitcode: 0 };
      return program.exitCode === null ? { exited: false } : { exited: true, exitcode: program.exitCode };
    },
    "guest-file-open": ({ path }) => {
      handles += 1;
      const mark = /(guest-farm-[0-9a-f]{24})/.exec(programs.at(-1) ?? "")?.[1] ?? "";
      const stderr = [Buffer.from(`${mark} pid 77\n${program.stderr}`)];
      const isOut = (path as string).endsWith("/out");
      reads.set(handles, isOut ? program.stdout.map((text) => Buffer.from(text)) : stderr);
      return handles;
    },
    "guest-file-read": ({ handle }) => {
      const queue = reads.get(handle as number);
      const chunk = queue?.shift() ?? Buffer.alloc(0);
      const tidies = programs.at(-1)?.includes(" remove guest-farm-") === true;
      if (program.floods === true && !tidies && chunk.length > 0) queue?.push(chunk);
      return { count: chunk.length, "buf-b64": chunk.toString("base64"), eof: chunk.length === 0 };
    },
    "guest-file-write": ({ "buf-b64": data }) => {
      content = Buffer.concat([content, Buffer.from(data as string, "base64")]);
      return { count: 0, eof: false };
    },
    "guest-file-close": () => ({}),
  };
  return { ...openAgent(answers), written: () => content.toString(), argvs: () => programs };
}

export const openFakeAgent = Object.assign(openAgent, { guest: openGuest });
