#!/bin/bash
# Unpacks an image. decompress.sh INPUT OUTPUT FORMAT [MEMBER]; an empty FORMAT is told by the content.
set -euo pipefail
export LC_ALL=C
input=$1 output=$2 format=$3 member=${4:-}
fail() { printf '! %s\n' "$@" >&2; exit 65; }
need() { command -v "$1" > /dev/null || fail "this host has no $1, which unpacks the image" "apt-get install $2 (on the hypervisor)"; }
if [ -z "$format" ]; then
  case $(head -c 6 "$input" | od -An -tx1 | tr -d ' \n') in
    1f8b*) format=gz ;;
    425a68*) format=bz2 ;;
    fd377a585a00) format=xz ;;
    28b52ffd*) format=zst ;;
    504b0304*) format=zip ;;
    *) if tar -tf "$input" > /dev/null 2>&1; then format=tar; else fail "the image is not compressed in a known way" "leave the step decompress out"; fi ;;
  esac
fi
damaged() { rm -f "$output"; fail "the $format file is damaged: $(tail -n 1 decompress.log)" "check where the image comes from"; }
unpack() { need "$1" "$2"; "${@:3}" < "$input" > "$output" 2> decompress.log || damaged; }
case $format in
  gz) unpack gzip gzip gzip -dc ;;
  bz2) unpack bzip2 bzip2 bzip2 -dc ;;
  xz) unpack xz xz-utils xz -dc -T0 ;;
  zst) unpack zstd zstd zstd -dcq ;;
  tar)
    list=$(tar -tf "$input" | grep -v '/$' || true)
    [ -n "$member" ] || member=$list
    [ "$(wc -l <<< "$member")" = 1 ] && grep -qxF -- "$member" <<< "$list" ||
      fail "the archive has these files: $(tr '\n' ' ' <<< "$list")" "name the one that is the image as member"
    tar -xOf "$input" -- "$member" > "$output" 2> decompress.log || damaged
    ;;
  zip)
    need unzip unzip
    list=$(unzip -Z1 "$input" | grep -v '/$' || true)
    [ -n "$member" ] || member=$list
    [ "$(wc -l <<< "$member")" = 1 ] && grep -qxF -- "$member" <<< "$list" ||
      fail "the archive has these files: $(tr '\n' ' ' <<< "$list")" "name the one that is the image as member"
    unzip -p "$input" "$member" > "$output" 2> decompress.log || damaged
    ;;
  *) fail "images are not unpacked from \"$format\"" "use gz, bz2, xz, zst, zip or tar" ;;
esac
# A .tar.gz is an archive inside: one step unpacks both.
if [ "$format" != tar ] && [ "$format" != zip ] && [ "$(head -c 262 "$output" | tail -c 5)" = ustar ]; then
  mv "$output" "$output.tar"
  bash "$0" "$output.tar" "$output" tar "$member"
  rm "$output.tar"
fi
