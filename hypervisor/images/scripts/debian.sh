#!/bin/bash
# A Debian with cloud-init (NoCloud), SSH server, sudo and the QEMU guest agent, for GPT disks, BIOS and UEFI.
# debian.sh WORK ARCH SUITE [PACKAGE...]: makes WORK/out/image.qcow2.
SCRIPTS=$(dirname "$(realpath "$0")")
. "$SCRIPTS/lib.sh"
. "$SCRIPTS/disk.sh"

WORK=$1
ARCH=$2
SUITE=$3
shift 3
ROOT_MIB=2048
DISK_MIB=4096

PACKAGES="linux-image-cloud-$ARCH initramfs-tools zstd systemd-sysv systemd-resolved dbus udev cloud-init
  fdisk openssh-server qemu-guest-agent iproute2 sudo e2fsprogs ca-certificates debian-archive-keyring"

need_tools apt-get dpkg-deb mke2fs qemu-img mmdebstrap tar
[ "$(id -u)" = 0 ] || mend "a Debian image is built as root, and this host is reached as $(id -un)" \
  "reach the host as root, or take the image from a url"
case $ARCH in
  amd64) console=ttyS0 ;;
  arm64) console=ttyAMA0 ;;
  *) mend "the recipe debian is not made for $ARCH" "use amd64 or arm64" ;;
esac
host_arch=$(dpkg --print-architecture)
[ "$ARCH" = "$host_arch" ] || [ -e "/proc/sys/fs/binfmt_misc/qemu-aarch64" ] ||
  mend "this host ($host_arch) cannot run the packages' scripts of $ARCH" \
    "install qemu-user-static and binfmt-support on it, or take the image from a url"

apt=$WORK/apt-$ARCH
tools_apt=$WORK/apt-$host_arch
apt_root "$apt" "$ARCH" "$SUITE"
[ "$tools_apt" = "$apt" ] || apt_root "$tools_apt" "$host_arch" "$SUITE"
TOOLS=$WORK/tools
disk_tools "$TOOLS" "$tools_apt" "$apt" "$ARCH"

# What is laid over the system before the packages' scripts run, and what is made sure of afterwards.
overlay=$WORK/overlay
mkdir -p "$overlay"
cp -R "$SCRIPTS/debian/." "$overlay/"
chmod 755 "$overlay/usr/local/bin/growpart"
install -d "$overlay/etc/apt/apt.conf.d"
# The guest's traffic leaves through this host: it needs the same proxies and certificate authorities.
apt-config dump | grep -E '^Acquire::(http|https|ftp)::(Proxy|Proxy-Auto-Detect)' > "$overlay/etc/apt/apt.conf.d/80host-proxy" ||
  rm -f "$overlay/etc/apt/apt.conf.d/80host-proxy"
if ls /usr/local/share/ca-certificates/*.crt > /dev/null 2>&1; then
  install -D -m 644 -t "$overlay/usr/local/share/ca-certificates" /usr/local/share/ca-certificates/*.crt
fi

say "installing Debian $SUITE and $(set -- $PACKAGES "$@"; echo $#) packages"
include=$(printf '%s,' $PACKAGES "$@")
export OVERLAY=$overlay CONSOLE=$console SCRIPTS_FINISH=$SCRIPTS/debian-finish.sh
TMPDIR=$WORK mmdebstrap --quiet --variant=minbase --architectures="$ARCH" --format=tar --include="${include%,}" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
  --skip=cleanup/apt/lists \
  --essential-hook='cp -R "$OVERLAY"/. "$1"/' \
  --customize-hook='bash "$SCRIPTS_FINISH" "$1"' \
  "$SUITE" "$WORK/root.tar" "$apt/sources.list" 2> "$WORK/mmdebstrap.log" ||
  { tail -n 15 "$WORK/mmdebstrap.log" >&2; exit 1; }

say "unpacking the system"
root=$WORK/root
mkdir -p "$root"
tar -xpf "$WORK/root.tar" -C "$root" --exclude='./dev/*'
rm "$WORK/root.tar"
SOURCE_DATE_EPOCH=$(stat -c %Y "$root"/boot/vmlinuz-*)
mkdir -p "$WORK/out"
make_root "$root" root $ROOT_MIB
rm -r "$root"
make_disk root "$ARCH" "$WORK/out/image.qcow2"
qemu-img resize -q "$WORK/out/image.qcow2" ${DISK_MIB}M
