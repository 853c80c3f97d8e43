# Runs the scripts of a system's packages in an emulated machine that has the system's disk and nothing else.

# Seconds without a word from the machine until it is given up; it says something at least every minute.
SILENCE=600

# second_stage PACKAGES APTROOT TOTAL: works on WORK/root.img with the kernel that is unpacked under PACKAGES.
second_stage() {
  local packages=$1 apt=$2 total=$3 machine=$WORK/machine version emulator status=0
  version=$(kernel_of "$packages")
  mkdir -p "$machine"/{bin,proc,sys,dev,mnt}
  unpack "$apt" "$WORK/static" busybox-static
  cp "$WORK"/static/bin/busybox "$machine/bin/busybox"
  install -m 755 "$SCRIPTS/second-stage/init" "$machine/init"
  drivers "$packages" "$version" "$machine" virtio_pci virtio_blk crc32c_generic ext4
  initial_file_system "$machine" "$WORK/machine.cpio"

  say "starting an emulated machine for the scripts of $total packages, which takes minutes"
  exec 3< <(exec "${EMULATOR[@]}" -accel tcg,thread=multi -smp 2 -m 1024 -nodefaults -no-user-config -no-reboot \
    -display none -serial stdio -kernel "$packages/boot/vmlinuz-$version" -initrd "$WORK/machine.cpio" \
    -append "console=$CONSOLE quiet mitigations=off panic=-1 CONSOLE=$CONSOLE" \
    -drive "file=$WORK/root.img,format=raw,if=none,id=root,cache=unsafe,discard=unmap" \
    -device virtio-blk-pci,drive=root < /dev/null 2>&1)
  emulator=$!
  tee_lines "$WORK/second-stage.log" <&3 | told_progress "$total" || status=1
  kill "$emulator" 2> /dev/null || true
  exec 3<&-
  [ "$status" = 0 ] && all_installed && return
  printf 'the scripts of the packages failed in the emulated machine:\n' >&2
  grep -m 3 -A 2 'error processing' "$WORK/second-stage.log" >&2 || true
  tail -n 15 "$WORK/second-stage.log" >&2
  exit 1
}

# Ends when the machine does, or says nothing for too long.
tee_lines() {
  local line code=0
  {
    while IFS= read -r -t "$SILENCE" line || ! code=$?; do printf '%s\n' "${line%$'\r'}"; done
    [ "$code" -le 128 ] || echo "no word from the machine for $SILENCE s: it was given up"
  } | tee "$1"
}

# told_progress TOTAL: reads what the machine says, and tells people how far it is. True when it came to its end.
told_progress() {
  local line count=0 done=1
  while IFS= read -r line; do
    case $line in
      "@ "*) say "${line#@ }" ;;
      "Setting up "*)
        count=$((count + 1))
        [ $((count % 20)) != 0 ] || say "$count of $1 packages are set up" ;;
      "second stage: done") done=0 ;;
    esac
  done
  return $done
}

# What the machine says is not enough: the file system has to be whole, and every package installed.
all_installed() {
  e2fsck -fn "$WORK/root.img" > "$WORK/fsck.log" 2>&1 || { tail -n 5 "$WORK/fsck.log" >&2; return 1; }
  debugfs -R 'cat /var/lib/dpkg/status' "$WORK/root.img" 2> /dev/null | not_installed
}

# Reads dpkg's table. True when there are packages and all are installed, else prints those that are not.
not_installed() {
  awk '$1 == "Package:" { package = $2; count++ }
    $1 == "Status:" && $0 != "Status: install ok installed" { print package ": " $0 > "/dev/stderr"; bad = 1 }
    END { exit bad || !count }'
}
