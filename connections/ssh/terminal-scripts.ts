/**
 * doas, and su on some systems, read a password from a terminal alone. A terminal mixes standard output and error and
 * changes bytes, so it is used for the password only: the program's own streams go through pipes with names that
 * another channel serves.
 */

/**
 * `sh -c RELAY relay MARK NAME`, as the login user: makes the pipes, says `MARK relay FOLDER`, and passes the streams on.
 * Other users may pass the outer folder but not list it: who does not know the inner folder's name finds nothing.
 */
export const RELAY = `for d in /dev/shm /run "/run/user/$(id -u)" /tmp; do
  mkdir -m 0711 "$d/$2" 2>/dev/null && break
done
outer=$d/$2
trap 'rm -rf "$outer"' EXIT
trap 'exit 143' HUP INT TERM
inner=$(mktemp -d "$outer/XXXXXXXXXXXX") && chmod 0711 "$inner" || exit 73
mkfifo -m 0644 "$inner/in" && mkfifo -m 0622 "$inner/out" "$inner/err" || exit 73
exec 3<&0
cat <&3 >"$inner/in" &
cat "$inner/out" &
out=$!
cat "$inner/err" >&2 &
err=$!
exec 3<&-
echo "$1 relay $inner" >&2
wait $out
wait $err`;

/**
 * `sh -c ENTER enter MARK argv...`, on the terminal as the other user: reads the folder's name, says `MARK target PID` and runs
 * `argv` there.
 */
export const ENTER = `mark=$1
shift
stty -echo
echo "$mark entered"
IFS= read -r d || exit 74
exec <"$d/in" >"$d/out" 2>"$d/err"
echo "$mark target $$" >&2
"$@"
code=$?
echo "$mark end $code" >&2
exit $code`;
