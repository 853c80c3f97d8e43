#!/bin/bash
# Runs a program on bytes of a stranger. confine.sh INPUT OUTPUT BYTES PROGRAM [ARGUMENT...]
# The program sees INPUT as ./in and leaves ./out, which becomes OUTPUT; an OUTPUT that is INPUT is changed as ./in; an empty
# one is none. No file becomes larger than BYTES. Where this is root, it runs as a user who owns nothing else, without
# rights, network and, where namespaces can be had, without sight of the folders of other users.
set -uo pipefail
input=$1 output=$2 bytes=$3
shift 3
work=$PWD
cell=$(mktemp -d "$work/cell.XXXXXXXX") || exit 1
trap 'rm -rf -- "$cell"' EXIT

wall=() user=()
limits=(prlimit --core=0 --nofile=256 --as=8589934592 --fsize="$bytes" --)
command -v prlimit > /dev/null || limits=()
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
  # Without an entry in the list of users; nobody is for machines that do not have so many numbers.
  for id in $((2000000000 + $$)) 65534; do
    user=(setpriv --reuid "$id" --regid "$id" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all --)
    "${user[@]}" true 2> /dev/null && break
    user=()
  done
  # shellcheck disable=SC2016
  wall=(unshare --mount --net --ipc -- sh -c 'for folder in /home /root /srv /mnt /media /opt /boot /tmp /run /var; do
    [ ! -d "$folder" ] || mount -n -t tmpfs -o mode=755,size=1m none "$folder" || exit 1
  done; exec "$@"' sh)
  "${wall[@]}" "${user[@]}" true 2> /dev/null || wall=()
fi

if [ "$output" = "$input" ]; then mv -T -- "$input" "$cell/in"; else chmod a+r -- "$input" && ln -- "$input" "$cell/in"; fi || exit 1
mine=("$cell")
[ "$output" != "$input" ] || mine+=("$cell/in")
# Where files cannot be given away, as on a network file system, there is nobody else to be.
[ ${#user[@]} = 0 ] || chown "$id:$id" "${mine[@]}" 2> /dev/null || user=()
(cd "$cell" && HOME=. TMPDIR=. nice -n 10 "${wall[@]}" "${user[@]}" "${limits[@]}" "$@")
code=$?
[ $code = 0 ] && [ -n "$output" ] || exit $code

made=$cell/out
[ "$output" != "$input" ] || made=$cell/in
# What was left may be a link to anywhere: it is judged where the program cannot reach it any more.
mv -T -- "$made" "$output.made" || exit 1
if [ -L "$output.made" ] || [ ! -f "$output.made" ]; then
  rm -rf -- "$output.made"
  echo "$1 left no file" >&2
  exit 1
fi
[ ${#user[@]} = 0 ] || chown 0:0 "$output.made"
chmod 0644 "$output.made" && mv -fT -- "$output.made" "$output"
