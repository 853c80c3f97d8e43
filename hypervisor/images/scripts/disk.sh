# Makes a GPT disk: 1 GRUB's core, 2 EFI system partition, 3 root (ext4). It boots by BIOS (amd64) and UEFI (amd64,
# arm64); guests of other architectures are given their kernel.
# No loop devices, no mounts, no root needed.

SECTORS_PER_MIB=2048
CORE_START=2048
ESP_START=4096
ESP_MIB=8
ROOT_START=$((ESP_START + ESP_MIB * SECTORS_PER_MIB))

# disk_tools FOLDER APTROOT_HOST APTROOT_GUEST ARCH: unpacks what partitions, formats and makes boot loaders.
disk_tools() {
  mkdir -p "$1"
  say "fetching disk tools"
  unpack "$2" "$1" fdisk dosfstools mtools grub-common
  case $4 in
    amd64) unpack "$3" "$1" grub-efi-amd64-bin grub-pc-bin ;;
    arm64) unpack "$3" "$1" grub-efi-arm64-bin ;;
  esac
  PATH=$1/usr/bin:$1/usr/sbin:$1/sbin:$1/bin:$PATH
}

# little_endian BYTES NUMBER
little_endian() {
  local i value=$2
  for ((i = 0; i < $1; i++)); do
    printf "\\x$(printf '%02x' $((value & 255)))"
    value=$((value >> 8))
  done
}

grub_image() { # FORMAT OUTPUT MODULE...
  local format=$1 output=$2
  shift 2
  grub-mkimage -d "$TOOLS/usr/lib/grub/$format" -O "$format" -c "$WORK/early.cfg" -p /boot/grub -o "$output" \
    part_gpt ext2 search search_label configfile linux normal boot echo "$@"
}

# GRUB's first sector and core, as grub-bios-setup would write them (offsets: grub 2.06, include/grub/i386/pc/boot.h).
install_bios_loader() {
  local disk=$1 core=$WORK/core.img boot=$WORK/boot.img size
  grub_image i386-pc "$core" biosdisk
  size=$(($(stat -c %s "$core") + 511))
  truncate -s $((size / 512 * 512)) "$core"
  { little_endian 8 $((CORE_START + 1)); little_endian 2 $((size / 512 - 1)); little_endian 2 $((0x820)); } |
    dd of="$core" bs=1 seek=$((0x1f4)) conv=notrunc status=none
  cp "$TOOLS/usr/lib/grub/i386-pc/boot.img" "$boot"
  little_endian 8 $CORE_START | dd of="$boot" bs=1 seek=$((0x5c)) conv=notrunc status=none
  printf '\x90\x90' | dd of="$boot" bs=1 seek=$((0x66)) conv=notrunc status=none
  dd if="$boot" of="$disk" bs=440 count=1 conv=notrunc status=none
  dd if="$core" of="$disk" bs=512 seek=$CORE_START conv=notrunc status=none
}

make_esp() { # ARCH OUTPUT: nothing where there is no boot loader
  local loader=$WORK/loader.efi name
  case $1 in
    amd64) grub_image x86_64-efi "$loader" fat efi_gop; name=BOOTX64.EFI ;;
    arm64) grub_image arm64-efi "$loader" fat efi_gop; name=BOOTAA64.EFI ;;
    *) return ;;
  esac
  rm -f "$2"
  truncate -s ${ESP_MIB}M "$2"
  mkfs.vfat -n ESP -i 67664653 --invariant "$2" > /dev/null
  mmd -i "$2" ::/EFI ::/EFI/BOOT
  touch --date="@$SOURCE_DATE_EPOCH" "$loader"
  mcopy -m -i "$2" "$loader" "::/EFI/BOOT/$name"
}

# make_root FOLDER LABEL MIB: makes WORK/root.img, a file system with what FOLDER has.
make_root() {
  say "writing the root file system"
  truncate -s "$3M" "$WORK/root.img"
  E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH as_root mke2fs -q -t ext4 -L "$2" -U 67656573-742d-6661-726d-726f6f740001 -m 0 \
    -E "hash_seed=67656573-742d-6661-726d-726f6f740002,lazy_itable_init=1,root_owner=0:0" -d "$1" "$WORK/root.img"
}

# make_disk LABEL ARCH OUTPUT: takes WORK/root.img, which has boot/grub/grub.cfg.
make_disk() {
  local label=$1 arch=$2 output=$3 disk=$WORK/disk.img root=$WORK/root.img sectors
  printf 'search --no-floppy --label %s --set=root\nset prefix=($root)/boot/grub\nconfigfile ($root)/boot/grub/grub.cfg\n' \
    "$label" > "$WORK/early.cfg"
  say "writing the disk"
  sectors=$(($(stat -c %s "$root") / 512))
  truncate -s $(((ROOT_START + sectors + SECTORS_PER_MIB) * 512)) "$disk"
  sfdisk -q "$disk" <<GPT
label: gpt
label-id: 67656573-742D-6661-726D-726F6F740003
start=$CORE_START, size=$((ESP_START - CORE_START)), type=21686148-6449-6E6F-744E-656564454649, uuid=67656573-742D-6661-726D-726F6F740004
start=$ESP_START, size=$((ESP_MIB * SECTORS_PER_MIB)), type=U, uuid=67656573-742D-6661-726D-726F6F740005
start=$ROOT_START, size=$sectors, type=L, uuid=67656573-742D-6661-726D-726F6F740006
GPT
  [ "$arch" != amd64 ] || install_bios_loader "$disk"
  make_esp "$arch" "$WORK/esp.img"
  [ ! -f "$WORK/esp.img" ] || dd if="$WORK/esp.img" of="$disk" bs=1M seek=$((ESP_START / SECTORS_PER_MIB)) conv=notrunc,sparse status=none
  dd if="$root" of="$disk" bs=1M seek=$((ROOT_START / SECTORS_PER_MIB)) conv=notrunc,sparse status=none
  rm "$root"
  qemu-img convert -q -f raw -O qcow2 "$disk" "$output"
  rm "$disk"
}
