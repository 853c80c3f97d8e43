#!/bin/bash
# Unpacks an image. decompress.sh INPUT OUTPUT BYTES FORMAT [MEMBER]; an empty FORMAT is told by the content. What has more
# than BYTES, whatever it says of itself, or would leave next to no room for others, is stopped.
set -euo pipefail
. "$(dirname "$0")/packed.sh"
input=$1 output=$2 bytes=$3 format=$4 member=${5:-}
free=$(df -B1 --output=avail . | tail -n 1)
room=$((free - free / 20))
[ "$room" -lt "$bytes" ] || room=$bytes
[ -n "$format" ] || format=$(format_of "$input")
damaged() {
  local free
  # A full disk has no room for what the program said of it either.
  free=$(df -B1 --output=avail . | tail -n 1)
  rm -f "$output"
  if [ "$free" -lt 65536 ] || grep -qiE 'no space left|disk full' decompress.log; then
    echo "No space left on device" >&2
    exit 1
  fi
  fail "the $format file is damaged: $(tail -n 1 decompress.log)" "check where the image comes from"
}
# bounded PROGRAM...: writes what it prints. The program is told by a closed pipe that it is enough.
bounded() {
  local status
  set +o pipefail
  "$@" < "$input" 2> decompress.log | head -c $((room + 1)) > "$output"
  status=("${PIPESTATUS[@]}")
  set -o pipefail
  if [ "$(stat -c %s "$output")" -gt "$room" ]; then
    rm -f "$output"
    [ "$room" = "$bytes" ] || { echo "No space left on device" >&2; exit 1; }
    fail "the $format file unpacks to more than $((bytes / 1073741824)) GiB" \
      "check where the image comes from; if it is right, give the hypervisor a larger imageSizeLimit"
  fi
  [ "${status[0]}" = 0 ] && [ "${status[1]}" = 0 ] || damaged
}
unpack() { need "$1" "$2"; bounded "${@:3}"; }
case $format in
  gz) unpack gzip gzip gzip -dc ;;
  bz2) unpack bzip2 bzip2 bzip2 -dc ;;
  xz) unpack xz xz-utils xz -dc -T0 ;;
  zst) unpack zstd zstd zstd -dcq ;;
  tar)
    member=$(member_of tar "$input" "$member")
    # What goes to a pipe may be called anything.
    bounded tar --force-local --no-unquote -P -xOf "$input" -- "$member"
    ;;
  zip)
    need unzip unzip
    member=$(member_of zip "$input" "$member")
    bounded unzip -p "$input" "$(pattern_of "$member")"
    ;;
  *) fail "images are not unpacked from \"$format\"" "use gz, bz2, xz, zst, zip or tar" ;;
esac
# A .tar.gz is an archive inside: one step unpacks both.
if [ "$format" != tar ] && [ "$format" != zip ] && is_tar < "$output"; then
  mv "$output" "$output.tar"
  bash "$0" "$output.tar" "$output" "$bytes" tar "$member"
  rm "$output.tar"
fi
