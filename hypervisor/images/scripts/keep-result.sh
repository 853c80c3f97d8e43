#!/bin/bash
# Keeps what a source or a step gave. keep-result.sh TARGET NAME FILE [NAME FILE]...
# Its description comes on standard input. A file that cannot be linked is copied; TARGET appears whole or not at all.
set -euo pipefail
export LC_ALL=C
target=$1
shift
rm -rf keep replaced
mkdir keep
while [ $# -gt 0 ]; do
  name=$1 file=$2
  shift 2
  chmod 0444 "$file"
  ln "$file" "keep/$name" 2>/dev/null || cp --reflink=auto --sparse=always --preserve=timestamps "$file" "keep/$name"
  stat -c "$name %s %Y" "keep/$name" >> keep/files
done
cat > keep/result.json
sync keep/* keep
mkdir -p "${target%/*}"
[ ! -e "$target" ] || mv -T "$target" replaced 2>/dev/null || true
# Another image may have had the same step at the same time: then its result stays.
mv -T keep "$target" 2>/dev/null || [ -f "$target/result.json" ]
sync "${target%/*}"
rm -rf keep replaced
