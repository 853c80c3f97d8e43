#!/bin/bash
# Unpacks an image. decompress.sh INPUT OUTPUT FORMAT [MEMBER]; an empty FORMAT is told by the content.
set -euo pipefail
. "$(dirname "$0")/packed.sh"
input=$1 output=$2 format=$3 member=${4:-}
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
unpack() { need "$1" "$2"; "${@:3}" < "$input" > "$output" 2> decompress.log || damaged; }
case $format in
  gz) unpack gzip gzip gzip -dc ;;
  bz2) unpack bzip2 bzip2 bzip2 -dc ;;
  xz) unpack xz xz-utils xz -dc -T0 ;;
  zst) unpack zstd zstd zstd -dcq ;;
  tar)
    member=$(member_of tar "$input" "$member")
    tar -xOf "$input" -- "$member" > "$output" 2> decompress.log || damaged
    ;;
  zip)
    need unzip unzip
    member=$(member_of zip "$input" "$member")
    unzip -p "$input" "$member" > "$output" 2> decompress.log || damaged
    ;;
  *) fail "images are not unpacked from \"$format\"" "use gz, bz2, xz, zst, zip or tar" ;;
esac
# A .tar.gz is an archive inside: one step unpacks both.
if [ "$format" != tar ] && [ "$format" != zip ] && is_tar < "$output"; then
  mv "$output" "$output.tar"
  bash "$0" "$output.tar" "$output" tar "$member"
  rm "$output.tar"
fi
