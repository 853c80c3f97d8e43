/**
 * What runs in guests with a POSIX shell: constant texts that any `sh` with the usual small tools understands
 * (busybox and BSD included). Everything that differs is an argument, everything secret comes on standard input.
 */

/**
 * Sets `f` to the path of a file named `$name` in a file system in memory where there is one that this user may write
 * to, and fills it from standard input; only this user can read it.
 */
const MEMORY_FILE = `in_memory() {
  [ -w "$1" ] || return 1
  while read -r _ at type _; do
    [ "$at" = "$1" ] && [ "$type" = tmpfs ] && return 0
  done 2>/dev/null </proc/mounts
  return 1
}
if in_memory /dev/shm; then f=/dev/shm/$name
elif in_memory /run; then f=/run/$name
elif in_memory "/run/user/$(id -u)"; then f=/run/user/$(id -u)/$name
else f=/tmp/$name; fi
(umask 077; exec cat >"$f") || { rm -f "$f"; exit 74; }`;

/** `sh -c UPLOAD upload MARK NAME`: keeps standard input in a private file and prints its path. */
export const UPLOAD = `name=$2
${MEMORY_FILE}
echo "$f"
echo "$1 end 0" >&2`;

const REMOVE_WHEN_STOPPED = `trap 'rm -f "$f"; exit 143' HUP INT TERM`;

/**
 * `sh -c RUN run MARK SHELL NAME`: runs the script on standard input; the script's own standard input is empty. The
 * shell reads it from the pipe that it comes in, where it can open that (not a socket, not another user's): in an
 * emulated guest a file costs three programs more, a fifth of a second.
 */
export const RUN = `exec 3<&0 </dev/null
if [ -p /dev/fd/3 ] && [ -r /dev/fd/3 ]; then
  # A signal waits for the script: who stops it has to see how long that takes.
  trap 'exit 143' HUP INT TERM
  "$2" /dev/fd/3
  code=$?
else
  exec <&3 3<&-
  name=$3
  ${REMOVE_WHEN_STOPPED}
  ${MEMORY_FILE}
  "$2" "$f" </dev/null
  code=$?
  rm -f "$f"
fi
echo "$1 end $code" >&2
exit $code`;

/** `sh -c RUN_UPLOADED run MARK SHELL FILE`: runs an uploaded script with this program's standard input. */
export const RUN_UPLOADED = `f=$3
${REMOVE_WHEN_STOPPED}
"$2" "$f"
code=$?
rm -f "$f"
echo "$1 end $code" >&2
exit $code`;

/** `sh -c REMOVE_SCRIPT remove NAME`: removes what a script that was stopped hard has left. */
export const REMOVE_SCRIPT = `rm -f "/dev/shm/$1" "/run/$1" "/run/user/$(id -u)/$1" "/tmp/$1"`;

/**
 * `sh -c WRITE write PATH SIZE MODE OWNER`: standard input becomes the file, wholly or not at all. An empty OWNER
 * leaves it to the user who writes.
 */
export const WRITE = `p=$1
[ ! -d "$p" ] || { echo "$p is a folder" >&2; exit 73; }
case $p in */*) mkdir -p -- "\${p%/*}/" || exit ;; esac
t=$p.gf-$$
fail() { rm -f -- "$t"; exit "$1"; }
trap 'fail 143' HUP INT TERM
mask=$(umask)
umask 077
cat >"$t" || fail 74
[ "$(($(wc -c <"$t")))" -eq "$2" ] || { echo "only a part of the file arrived" >&2; fail 74; }
[ -z "$4" ] || chown -- "$4" "$t" || fail 77
chmod -- "$3" "$t" || fail 77
mv -f -- "$t" "$p" || fail 73`;

/**
 * `sh -c UNPACK unpack FOLDER MODE OWNER`: unpacks the tar archive on standard input into a folder, among what is
 * there. MODE is for the archive's files; empty: as in the archive. An empty OWNER leaves it to the user who writes.
 */
export const UNPACK = `p=\${1%/}
mkdir -p -- "$p/" || exit
[ -n "$2$3" ] || exec tar -C "$p/" -xpof -
t=$p/.gf-$$
trap 'rm -rf -- "$t"' EXIT
mkdir -- "$t" && tar -C "$t" -xpof - || exit
[ -z "$2" ] || find "$t" -type f -exec chmod "$2" {} + || exit
[ -z "$3" ] || chown -R -- "$3" "$t" || exit
cp -a "$t/." "$p/"`;

/** `sh -c KIND kind PATH`: prints what is there. */
export const KIND = `if [ -d "$1" ]; then echo folder
elif [ -e "$1" ]; then echo file
else echo "there is no $1 in the guest" >&2; exit 66; fi`;

/**
 * `sh -c CLOUD_INIT cloud-init`: waits until cloud-init is done, where there is one. The result file is asked first:
 * the program itself takes seconds in an emulated guest. The first line says where the rest comes from.
 */
export const CLOUD_INIT = `if [ -e /run/cloud-init/disabled ] || [ -e /etc/cloud/cloud-init.disabled ]; then echo disabled
elif [ -s /run/cloud-init/result.json ]; then echo result; cat /run/cloud-init/result.json
elif command -v cloud-init >/dev/null 2>&1; then echo status; cloud-init status --wait --long
else echo none; fi`;

/** `sh -c CLOUD_INIT_LOG log`: the lines of cloud-init's log that tell what went wrong. */
export const CLOUD_INIT_LOG = `grep -hE 'ERROR|CRITICAL|Traceback|WARNING|Failed' /var/log/cloud-init.log 2>&1 | tail -n 12`;
