import type { HypervisorHost } from "./host";

/**
 * Files that somebody was writing in guests' folders when he was killed: `<name>.new.<pid of the writer>`, and those of
 * older versions, `<name>.new`. One whose writer is still there, or may be, stays until it is an hour old: nothing in a
 * guest's folder takes that long to write. Parameters: `list` or `remove`, then the folders. Prints the files.
 */
const STRAYS = `
export LC_ALL=C
what=$1; shift
find "$@" -maxdepth 3 -type f \\( -name '*.new' -o -name '*.new.[0-9]*' \\) -print 2>/dev/null | while IFS= read -r file; do
  writer=\${file##*.new}; writer=\${writer#.}
  case $writer in
    *[!0-9]*) continue ;;
    '') gone=no ;;
    *) [ -d /proc/self ] && [ ! -d "/proc/$writer" ] && gone=yes || gone=no ;;
  esac
  [ "$gone" = yes ] || [ -n "$(find "$file" -maxdepth 0 -mmin +60 2>/dev/null)" ] || continue
  [ "$what" = list ] || rm -f -- "$file"
  printf '%s\\n' "$file"
done
exit 0
`;

/** Files whose writers were killed, below folders of guests. They may hold secrets: seeds are among them. */
export async function strayFiles(
  host: Pick<HypervisorHost, "shell">,
  what: "list" | "remove",
  folders: readonly string[],
): Promise<readonly string[]> {
  if (folders.length === 0) return [];
  const output = await host.shell.output({ argv: ["sh", "-c", STRAYS, "sh", what, ...folders] });
  return output.split("\n").filter((path) => path !== "");
}
