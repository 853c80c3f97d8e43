import { COMMAND_LIMITS } from "../definitions/time-limits";
import { CommandError, type Shell } from "../connections/shell";

/** Files of a hypervisor's host, wherever it is. Paths are absolute and travel as arguments, never inside a script. */
export interface HostFiles {
  /** Text of a file of at most 1 MiB; null when there is no such file. */
  read(path: string): Promise<string | null>;
  /** Writes a file so that readers see the old or the new content, never a part. `mode` is octal, as `0600`. */
  writeAtomic(path: string, content: string | Buffer, mode: string): Promise<void>;
  /** As `writeAtomic`; what was written is there after a power failure too. For what others are to trust. */
  writeDurable(path: string, content: string | Buffer, mode: string): Promise<void>;
  /** As `writeDurable`, unless something has the name already: then false. Decides races. */
  writeFirst(path: string, content: string | Buffer, mode: string): Promise<boolean>;
  /** Brings files, and the folders that they are in, from memory to the disk. */
  flush(...paths: readonly string[]): Promise<void>;
  /** Whether something is at the path (a dangling link is not). */
  exists(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a folder, and its parents with mode 0755, whatever the umask is. An existing folder keeps its mode. */
  mkdir(folder: string, mode: string): Promise<void>;
  /** Makes one folder whose parent exists; false when something has the name already. Decides races. */
  claim(folder: string, mode: string): Promise<boolean>;
  /** Copies a file, holes kept. */
  copy(from: string, to: string, mode: string): Promise<void>;
  /** Renames, replacing a file of the new name. */
  move(from: string, to: string): Promise<void>;
  /** Removes files and whole folders; what is missing is fine. */
  remove(...paths: readonly string[]): Promise<void>;
}

const MISSING = 44;
const TAKEN = 45;

/** Fixed scripts; names reach them as positional parameters only. */
const SCRIPTS = {
  read: `[ -e "$1" ] || exit ${MISSING}; exec cat -- "$1"`,
  exists: `[ -e "$1" ] || exit ${MISSING}`,
  list: `[ -d "$1" ] || exit 0; LC_ALL=C exec ls -1A -- "$1"`,
  mkdir: `[ -d "$1" ] && exit 0; umask 022; exec mkdir -p -m "$2" -- "$1"`,
  claim: `mkdir -m "$2" -- "$1" 2>/dev/null && exit 0; [ -e "$1" ] && exit ${TAKEN}; exec mkdir -m "$2" -- "$1"`,
  write: `umask 077; new="$1.new.$$"; trap 'rm -f -- "$new"' EXIT; cat > "$new" && chmod "$2" "$new" && mv -fT -- "$new" "$1"`,
  durable: `umask 077; new="$1.new.$$"; trap 'rm -f -- "$new"' EXIT; cat > "$new" && chmod "$2" "$new" && sync -- "$new" && mv -fT -- "$new" "$1" && sync -- "$(dirname -- "$1")"`,
  first: `umask 077; new="$1.new.$$"; trap 'rm -f -- "$new"' EXIT; cat > "$new" && chmod "$2" "$new" && sync -- "$new" || exit; ln -T -- "$new" "$1" 2>/dev/null || { [ -e "$1" ] && exit ${TAKEN}; exec ln -T -- "$new" "$1"; }; sync -- "$(dirname -- "$1")"`,
  flush: `for file; do sync -- "$file" "$(dirname -- "$file")" || exit; done`,
  copy: `umask 077; new="$2.new.$$"; trap 'rm -f -- "$new"' EXIT; cp --sparse=always -- "$1" "$new" && chmod "$3" "$new" && mv -fT -- "$new" "$2"`,
} as const;

/** Files through a shell: the host needs `sh` and GNU coreutils. */
export function hostFiles(shell: Shell): HostFiles {
  const argv = (script: keyof typeof SCRIPTS, ...values: string[]) => [
    "sh",
    "-c",
    SCRIPTS[script],
    "sh",
    ...values,
  ];

  /** Runs a script of which one exit code is an answer. */
  const ask = async (
    command: readonly string[],
    answer: number,
    stdin?: string | Buffer,
  ): Promise<string | null> => {
    const result = await shell.run({ argv: command, ...(stdin === undefined ? {} : { stdin }) });
    if (result.exitCode === answer) return null;
    if (result.exitCode !== 0) throw new CommandError(shell.description, command, result);
    return result.stdout;
  };

  return {
    read: (path) => ask(argv("read", path), MISSING),
    exists: async (path) => (await ask(argv("exists", path), MISSING)) !== null,
    claim: async (folder, mode) => (await ask(argv("claim", folder, mode), TAKEN)) !== null,
    list: async (folder) => {
      const names = await shell.output({ argv: argv("list", folder) });
      return names.split("\n").filter((name) => name !== "");
    },
    mkdir: async (folder, mode) => {
      await shell.output({ argv: argv("mkdir", folder, mode) });
    },
    writeAtomic: async (path, content, mode) => {
      await shell.output({ argv: argv("write", path, mode), stdin: content });
    },
    writeDurable: async (path, content, mode) => {
      await shell.output({ argv: argv("durable", path, mode), stdin: content });
    },
    writeFirst: async (path, content, mode) =>
      (await ask(argv("first", path, mode), TAKEN, content)) !== null,
    flush: async (...paths) => {
      await shell.output({ argv: argv("flush", ...paths), timeoutMs: COMMAND_LIMITS.flush });
    },
    copy: async (from, to, mode) => {
      await shell.output({ argv: argv("copy", from, to, mode), timeoutMs: COMMAND_LIMITS.copy });
    },
    move: async (from, to) => {
      await shell.output({ argv: ["mv", "-fT", "--", from, to] });
    },
    remove: async (...paths) => {
      if (paths.length === 0) return;
      await shell.output({ argv: ["rm", "-rf", "--", ...paths], timeoutMs: COMMAND_LIMITS.remove });
    },
  };
}
