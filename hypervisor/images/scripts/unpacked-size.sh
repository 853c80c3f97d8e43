#!/bin/bash
# Bytes that unpacking an image takes at least. unpacked-size.sh INPUT FORMAT [MEMBER]; an empty FORMAT is told by the content.
set -euo pipefail
. "$(dirname "$0")/packed.sh"
input=$1 format=$2 member=${3:-}
[ -n "$format" ] || format=$(format_of "$input")
packed=$(stat -c %s "$input")
size=0 unpack=(false)
case $format in
  gz)
    unpack=(gzip -dc)
    # The file says it modulo 4 GiB; deflate packs 1032 bytes into one at most, so more is damage.
    size=$(tail -c 4 "$input" | od -An -tu4 --endian=little | tr -d ' ')
    while [ "$size" -lt "$packed" ] && [ "$packed" -gt 4294967296 ]; do size=$((size + 4294967296)); done
    [ "$size" -le $((packed * 1032)) ] || size=0
    ;;
  bz2) unpack=(bzip2 -dc) ;;
  xz)
    unpack=(xz -dc)
    size=$(xz --robot --list "$input" 2> /dev/null | awk '$1 == "totals" { print $5 }') || true
    ;;
  zst)
    unpack=(zstd -dcq)
    size=$(zstd -lv "$input" 2> /dev/null | sed -n 's/^Decompressed Size: .*(\([0-9]*\) B)$/\1/p') || true
    ;;
  tar)
    member=$(member_of tar "$input" "$member")
    size=$(tar --force-local --no-unquote -tvf "$input" -- "$member" | awk 'END { print $3 }')
    ;;
  zip)
    need unzip unzip
    member=$(member_of zip "$input" "$member")
    size=$(unzip -l "$input" "$(pattern_of "$member")" | awk 'END { print $1 }')
    ;;
esac
# Where the file does not say it, it is larger than it is packed, as a rule.
[ "${size:-0}" -gt 0 ] || size=$packed
# An archive inside is unpacked as well, from a file of its own.
if ("${unpack[@]}" < "$input" 2> /dev/null || true) | is_tar; then size=$((2 * size)); fi
echo "$size"
