/**
 * The process on the hypervisor that holds the lock of one request and owns the folder of one run. It lives as long
 * as its standard input: when the controller dies, it stops the work that still runs and removes the folder.
 * Parameters: lock file, parent of the folders, name that the folder begins with. It prints `waiting` when somebody
 * else has the lock, and `ready FOLDER`.
 */
export const WORKSHOP_SCRIPT = `
umask 022
lock=$1 parent=$2 name=$3
mkdir -p -- "$parent" "\${lock%/*}" || exit 1
clear_folder() {
  for step in "$1"/steps/*; do
    pid=\${step##*/}
    grep -qF -- "$1" "/proc/$pid/cmdline" 2>/dev/null && kill -s KILL -- "-$pid" 2>/dev/null
  done
  for try in 1 2 3; do rm -rf --one-file-system -- "$1" 2>/dev/null && break; sleep 0.2; done
}
exec 9>>"$lock" || exit 1
flock -n 9 || { echo waiting; flock 9 || exit 1; }
for left in "$parent/$name".*; do [ ! -d "$left" ] || clear_folder "$left"; done
work=$(mktemp -d -- "$parent/$name.XXXXXXXX") || exit 1
trap 'clear_folder "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/steps" "$work/scripts" || exit 1
echo "ready $work"
while read -r _; do :; done
`;

/**
 * Runs one script of a workshop in a process group that the workshop can stop. Parameters: the folder, the script,
 * and what it gets. The process names the folder in its command line, so that it can be told from a stranger that
 * was given the same process id.
 */
export const STEP_SCRIPT = `
umask 022
work=$1; shift
: > "$work/steps/$$" || exit 1
cd "$work" && nice -n 10 bash "$@"
code=$?
rm -f -- "$work/steps/$$"
exit $code
`;
