#!/bin/bash
# A copy that may be changed, of a file that others share. own-copy.sh FILE COPY
set -euo pipefail
cp --reflink=auto --sparse=always "$1" "$2"
chmod 0644 "$2"
rm -f "$1"
