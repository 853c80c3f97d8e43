#!/bin/bash
# A Debian with cloud-init (NoCloud), SSH server, sudo and the QEMU guest agent, for GPT disks, BIOS and UEFI.
# debian.sh WORK ARCH SUITE [PACKAGE...]: makes WORK/out/image.qcow2.
SCRIPTS=$(dirname "$(realpath "$0")")
. "$SCRIPTS/lib.sh"
. "$SCRIPTS/disk.sh"
. "$SCRIPTS/drivers.sh"
. "$SCRIPTS/install-way.sh"

WORK=$1
ARCH=$2
SUITE=$3
shift 3
ROOT_MIB=2048
DISK_MIB=4096

PACKAGES="linux-image-cloud-$ARCH initramfs-tools zstd systemd-sysv systemd-resolved dbus udev cloud-init
  fdisk openssh-server qemu-guest-agent iproute2 sudo e2fsprogs ca-certificates debian-archive-keyring"

[ "$(id -u)" = 0 ] || mend "a Debian image is built as root, and this host is reached as $(id -un)" \
  "reach the host as root, or take the image from a url"
case $ARCH in
  # On a busy host the kernel can take an emulated timer for a broken one, and panics: it is told not to test it.
  amd64) console=ttyS0; export KERNEL_ARGUMENTS=no_timer_check ;;
  arm64) console=ttyAMA0 ;;
  *) mend "the recipe debian is not made for $ARCH" "use amd64 or arm64" ;;
esac
host_arch=$(dpkg --print-architecture)
way=$(install_way "$host_arch" "$ARCH")
need_tools apt-get dpkg dpkg-deb mke2fs qemu-img tar
case $way in
  host) need_tools mmdebstrap ;;
  guest)
    need_tools cpio depmod modprobe
    need_emulator "$ARCH" ;;
esac

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

count=$(set -- $PACKAGES "$@"; echo $#)
root=$WORK/root
export CONSOLE=$console
case $way in
  host)
    say "installing Debian $SUITE and $count packages"
    include=$(printf '%s,' $PACKAGES "$@")
    export OVERLAY=$overlay SCRIPTS_FINISH=$SCRIPTS/debian-finish.sh
    TMPDIR=$WORK mmdebstrap --quiet --variant=minbase --architectures="$ARCH" --format=tar --include="${include%,}" \
      --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
      --skip=cleanup/apt/lists \
      --essential-hook='cp -R "$OVERLAY"/. "$1"/' \
      --customize-hook='bash "$SCRIPTS_FINISH" "$1"' \
      "$SUITE" "$WORK/root.tar" "$apt/sources.list" 2> "$WORK/mmdebstrap.log" ||
      { tail -n 15 "$WORK/mmdebstrap.log" >&2; exit 1; }
    say "unpacking the system"
    mkdir -p "$root"
    tar -xpf "$WORK/root.tar" -C "$root" --exclude='./dev/*'
    rm "$WORK/root.tar" ;;
  guest)
    say "this host ($host_arch) does not run programs of $ARCH: the scripts of Debian $SUITE's packages will run in an emulated machine"
    . "$SCRIPTS/unpack-system.sh"
    . "$SCRIPTS/second-stage.sh"
    unpack_system "$apt" "$tools_apt" "$root" $PACKAGES "$@"
    cp -R "$overlay/." "$root/"
    cp "$SCRIPTS/second-stage/run" "$root/.second-stage/run"
    cp "$SCRIPTS/debian-finish.sh" "$root/.second-stage/finish" ;;
esac

SOURCE_DATE_EPOCH=$(stat -c %Y "$root"/boot/vmlinuz-*)
make_root "$root" root $ROOT_MIB
[ "$way" = host ] || second_stage "$root" "$apt" "$(grep -c ^Package: "$root/var/lib/dpkg/status")"
rm -r "$root"
mkdir -p "$WORK/out"
make_disk root "$ARCH" "$WORK/out/image.qcow2"
qemu-img resize -q -f qcow2 "$WORK/out/image.qcow2" ${DISK_MIB}M
