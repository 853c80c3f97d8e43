#!/bin/bash
# Puts a finished image into the cache. publish.sh IMAGE CACHE FORMAT DIGEST [KERNEL [INITRD]]
# An empty DIGEST is computed. Prints "NAME SIZE DATE DIGEST" for image, kernel and initrd.
set -euo pipefail
export LC_ALL=C
image=$1 cache=$2 format=$3 digest=$4
hash_of() { sha256sum < "$1" | cut -c-64; }
[ -n "$digest" ] || { echo "@ hashing the image"; digest=$(hash_of "$image"); }

# Another image may have the same content: one of them looks and puts at a time, so that what is said of a file is said of
# the one that stays.
exec 8< "$cache"
flock 8

# put NAME FILE DIGEST TARGET: files of the cache never change, so one that is there already stays.
put() {
  local name=$1 file=$2 digest=$3 target=$4
  if [ -e "$target" ]; then
    [ "$(hash_of "$target")" = "$digest" ] || {
      printf '! %s is damaged: its content is not what its name says\n! destroy the guests over it, remove it and run this again\n' "$target" >&2
      exit 65
    }
    rm "$file"
  else
    chmod 0444 "$file"
    sync "$file"
    mv -T "$file" "$target"
  fi
  chmod 0444 "$target"
  printf '%s %s %s\n' "$name" "$(stat -c '%s %Y' "$target")" "$digest"
}
put_companion() { # NAME FILE
  [ -z "$2" ] || put "$1" "$2" "$(hash_of "$2")" "$cache/$digest.$1"
}
put_companion kernel "${5:-}"
put_companion initrd "${6:-}"
put image "$image" "$digest" "$cache/$digest.$format"
sync "$cache"
