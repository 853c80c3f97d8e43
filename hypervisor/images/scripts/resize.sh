#!/bin/bash
# Enlarges a disk image, one partition (GPT or MBR) and the ext file system in it.
# resize.sh IMAGE FORMAT BYTES [PARTITION]; without a PARTITION the last one grows. Works in place.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
image=$1 format=$2 bytes=$3 partition=${4:-}
fail() { printf '! %s\n! %s\n' "$1" "$2" >&2; exit 65; }
for tool in sfdisk resize2fs e2fsck; do
  command -v $tool > /dev/null || fail "this host has no $tool, which resizes images" "apt-get install fdisk e2fsprogs (on the hypervisor)"
done
raw=$image
if [ "$format" != raw ]; then
  raw=$image.raw
  qemu-img convert -f "$format" -O raw "$image" "$raw"
fi
truncate -s "$bytes" "$raw"

# grow_ext OFFSET BYTES: the file system is taken out for it, because resize2fs damages what is around one in a file.
grow_ext() {
  local magic part=$image.part
  magic=$(od -An -tx1 -j $(($1 + 1080)) -N 2 "$raw" | tr -d ' ')
  if [ "$magic" != 53ef ]; then
    printf '@ the file system is not of the ext family: the guest grows it\n'
    return 0
  fi
  dd if="$raw" of="$part" bs=1M iflag=skip_bytes,count_bytes skip="$1" count="$2" conv=sparse status=none
  truncate -s "$2" "$part"
  e2fsck -fp "$part" > resize.log 2>&1 || [ $? -le 1 ] ||
    fail "the file system is damaged: $(tail -n 1 resize.log)" "check where the image comes from"
  resize2fs "$part" > resize.log 2>&1 ||
    fail "the file system cannot grow: $(tail -n 1 resize.log)" "resize only the disk, and let the guest grow its file system"
  # Where holes can be made in the disk, those of the file system stay holes and take no room.
  local holes=""
  fallocate --punch-hole --offset "$1" --length "$2" "$raw" 2> /dev/null && holes=,sparse
  dd if="$part" of="$raw" bs=1M oflag=seek_bytes seek="$1" conv=notrunc$holes status=none
  rm "$part"
}

# "first sector, sectors" of each partition, by number.
table() { sfdisk --json "$raw" 2> /dev/null | tr -d ' \n' | grep -o '"node":"[^"]*","start":[0-9]*,"size":[0-9]*' | sed 's/.*[^0-9]\([0-9]\+\)","start":\([0-9]*\),"size":\([0-9]*\)/\1 \2 \3/'; }
if sfdisk --dump "$raw" > /dev/null 2>&1; then
  [ -n "$partition" ] || partition=$(table | sort -k2n | tail -n 1 | cut -d' ' -f1)
  table | grep -q "^$partition " ||
    fail "the image has no partition $partition" "choose one of: $(table | cut -d' ' -f1 | tr '\n' ' ')"
  # The second copy of a GPT belongs at the end of the disk.
  sfdisk --quiet --relocate gpt-bak-std "$raw" 2> /dev/null || true
  echo ', +' | sfdisk --quiet --no-reread --no-tell-kernel -N "$partition" "$raw" 2> resize.log ||
    fail "partition $partition cannot grow: $(tail -n 1 resize.log)" "only a partition with free room behind it can grow"
  read -r _ start size < <(table | grep "^$partition ")
  grow_ext $((start * 512)) $((size * 512))
else
  grow_ext 0 "$bytes"
fi
if [ "$raw" != "$image" ]; then
  qemu-img convert -f raw -O "$format" "$raw" "$image.new"
  rm "$raw"
  mv "$image.new" "$image"
fi
