#!/bin/bash
# A minimal Linux: the distribution's kernel, busybox, an SSH server and the QEMU guest agent.
# tiny.sh WORK ARCH SUITE [PACKAGE...]: makes WORK/out/{image.qcow2,kernel,initrd,cmdline}. Further packages and what they
# depend on are only unpacked; their scripts do not run.
SCRIPTS=$(dirname "$(realpath "$0")")
. "$SCRIPTS/lib.sh"
. "$SCRIPTS/disk.sh"
. "$SCRIPTS/drivers.sh"

WORK=$1
ARCH=$2
SUITE=$3
shift 3
ROOT_MIB=1024

# Drivers for the root file system and what QEMU's machines have: disks and drives, network, console, entropy, power button.
MODULES="ext4 crc32c_generic virtio_pci virtio_mmio virtio_blk virtio_scsi virtio_net virtio_console virtio_rng ata_piix ahci sd_mod sr_mod
  isofs vfat nls_ascii nls_cp437 button evdev 9p overlay"

PACKAGES="dropbear-bin libtomcrypt1 libtommath1 libgmp10 libcrypt1 zlib1g qemu-guest-agent
  libpcre2-8-0 libnuma1 libudev1 liburing2 openssh-sftp-server libc6 libgcc-s1"

need_tools apt-get dpkg-deb mke2fs qemu-img depmod modprobe cpio unshare
case $ARCH in
  # On a busy host the kernel can take an emulated timer for a broken one, and panics: it is told not to test it.
  amd64) flavour=cloud-amd64 loader=lib64/ld-linux-x86-64.so.2 console='ttyS0 no_timer_check' ;;
  arm64) flavour=cloud-arm64 loader=lib/ld-linux-aarch64.so.1 console=ttyAMA0 ;;
  # QEMU puts the PCI bus where 32 bits of address do not reach.
  armhf) flavour=armmp-lpae loader=lib/ld-linux-armhf.so.3 console=ttyAMA0 ;;
  ppc64el) flavour=powerpc64le loader=lib64/ld64.so.2 console=hvc0 ;;
  riscv64) flavour=riscv64 loader=lib/ld-linux-riscv64-lp64d.so.1 console=ttyS0 ;;
  s390x) flavour=s390x loader=lib/ld64.so.1 console=ttysclp0 ;;
  *) mend "the recipe tiny is not made for $ARCH" "use amd64, arm64, armhf, ppc64el, riscv64 or s390x" ;;
esac

host_arch=$(dpkg --print-architecture)
apt=$WORK/apt-$ARCH
tools_apt=$WORK/apt-$host_arch
apt_root "$apt" "$ARCH" "$SUITE"
[ "$tools_apt" = "$apt" ] || apt_root "$tools_apt" "$host_arch" "$SUITE"
TOOLS=$WORK/tools
disk_tools "$TOOLS" "$tools_apt" "$apt" "$ARCH"

kernel_package=$(real_package "$apt" "linux-image-$flavour")
say "fetching $kernel_package and the system's packages"
# Folders as the packages of every release have them: some still have files in /lib, some in /usr/lib.
merged() {
  mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
  for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$1/$folder"; done
}
packages=$WORK/packages
for folder in "$packages" "$WORK"/{dynamic,static,host-static}; do merged "$folder"; done
unpack "$apt" "$packages" $PACKAGES "$(available "$apt" libglib2.0-0t64 libglib2.0-0)" "$kernel_package"
# Two builds of busybox: an emulated CPU starts programs of the static one five times as fast, and its shell starts no
# other program for what it can do itself. That is right for the system's own scripts, but users expect a shell that
# runs what is on the PATH, and name resolution: both are the dynamic one. Those of the host's own architecture are run to list the applets.
unpack "$apt" "$WORK/dynamic" busybox
unpack "$apt" "$WORK/static" busybox-static
unpack "$tools_apt" "$WORK/host-static" busybox-static
version=${kernel_package#linux-image-}
# Not every architecture has compressed kernels.
kernel=$(ls "$packages"/boot/vmlinu[xz]-"$version")
SOURCE_DATE_EPOCH=$(stat -c %Y "$kernel")

say "putting the system together"
root=$WORK/root
mkdir -p "$root"/{bin,sbin,usr/{bin,sbin,lib/{guest-farm,openssh,dropbear}},lib,lib64,etc/{dropbear,acpi/PWRF}} \
  "$root"/{proc,sys,dev,run,tmp,root/.ssh,mnt,home,srv,opt,boot/grub} "$root"/var/{log,lib/guest-farm,spool}
chmod 1777 "$root/tmp"
chmod 700 "$root/root" "$root/root/.ssh"
ln -s ../run "$root/var/run"
ln -s ../tmp "$root/var/tmp"
ln -s ../run/resolv.conf "$root/etc/resolv.conf"
ln -s ../proc/mounts "$root/etc/mtab"

cp "$SCRIPTS/tiny/power" "$root/sbin/shutdown"
for name in poweroff reboot halt; do ln -s shutdown "$root/sbin/$name"; done
cp "$WORK/static/bin/busybox" "$root/bin/busybox"
cp "$WORK/static/bin/busybox" "$root/bin/busybox-setuid"
cp "$WORK/dynamic/bin/busybox" "$root/bin/busybox-dynamic"
chmod 4755 "$root/bin/busybox-setuid"
"$WORK/host-static/bin/busybox" --list-full | while read -r applet; do
  case ${applet##*/} in
    su | passwd | login) target=/bin/busybox-setuid ;;
    sh | ash | wget | nslookup | nc | ping | ping6 | telnet | tftp | ftpget | ftpput | traceroute | traceroute6 | rdate | arping)
      target=/bin/busybox-dynamic ;;
    *) target=/bin/busybox ;;
  esac
  mkdir -p "$root/$(dirname "$applet")"
  [ -e "$root/$applet" ] || [ -L "$root/$applet" ] || ln -s "$target" "$root/$applet"
done

triplet=$(ls "$packages/usr/lib" | grep -m1 -- -linux-gnu)
cp "$packages"/usr/sbin/{dropbear,qemu-ga} "$root/usr/sbin/"
cp "$packages"/usr/bin/{dropbearkey,dbclient} "$root/usr/bin/"
cp "$packages/usr/lib/dropbear/dropbearconvert" "$root/usr/lib/dropbear/"
cp "$packages/usr/lib/openssh/sftp-server" "$root/usr/lib/openssh/"
ln -s openssh/sftp-server "$root/usr/lib/sftp-server"
for library in libc libm libresolv libnss_dns libnss_files libpthread libdl librt libgcc_s libtomcrypt libtommath \
  libgmp libcrypt libz libglib-2.0 libgmodule-2.0 libpcre2-8 libnuma libudev liburing; do
  for file in "$packages"/{,usr/}lib/"$triplet/$library".so.*; do
    case $file in *.so.*[0-9]) [ ! -f "$file" ] || cp --no-dereference "$file" "$root/lib/" ;; esac
  done
done
cp --dereference "$packages/lib/$triplet/${loader##*/}" "$root/$loader"

for name in anew identity users first-boot network dhcp; do cp "$SCRIPTS/tiny/$name" "$root/usr/lib/guest-farm/"; done
cp "$SCRIPTS/tiny/rcS" "$SCRIPTS/tiny/inittab" "$root/etc/"
printf '#!/bin/busybox sh\nexec /sbin/poweroff\n' > "$root/etc/acpi/PWRF/00000080"
chmod 755 "$root"/usr/lib/guest-farm/* "$root"/etc/{rcS,acpi/PWRF/*} "$root/sbin/shutdown"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' > "$root/etc/passwd"
printf 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' > "$root/etc/group"
printf 'root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n' > "$root/etc/shadow"
chmod 640 "$root/etc/shadow"
echo tiny > "$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
printf '/bin/sh\n/bin/ash\n' > "$root/etc/shells"
printf 'hosts: files dns\npasswd: files\ngroup: files\nshadow: files\n' > "$root/etc/nsswitch.conf"
printf 'NAME="guest-farm tiny"\nID=tiny\nVERSION_ID="%s"\n' "${version%%-*}" > "$root/etc/os-release"

if [ $# -gt 0 ]; then
  wanted=$(with_dependencies "$apt" "$@")
  say "fetching $(echo $wanted | wc -w) further packages"
  extra=$WORK/extra
  unpack "$apt" "$extra" $wanted
  # What a package brings is what is meant, and not busybox's program of that name. Nothing else is replaced.
  (cd "$extra" && find . ! -type d) | while read -r file; do
    case $(readlink "$root/$file" || true) in /bin/busybox*) rm "$root/$file" ;; esac
  done
  # Where the system has a link to a folder (var/run), what packages have in the folder goes to where it leads.
  tar -C "$extra" -c . | tar -C "$root" -xp --keep-directory-symlink --skip-old-files
fi

say "choosing drivers"
depmod -b "$packages" "$version"
drivers "$packages" "$version" "$root" $MODULES

initrd=$WORK/initrd
mkdir -p "$initrd"/{bin,proc,sys,dev,mnt}
cp "$WORK/static/bin/busybox" "$initrd/bin/busybox"
cp "$SCRIPTS/tiny/init" "$initrd/init"
chmod 755 "$initrd/init"
drivers "$packages" "$version" "$initrd" $MODULES
one_time "$initrd"
mkdir -p "$WORK/out"
initial_file_system "$initrd" "$WORK/out/initrd"

cp "$kernel" "$WORK/out/kernel"
# Guards of the programs of one machine against each other are of no use here, and cost an emulated CPU a fifth.
echo "console=$console quiet mitigations=off" > "$WORK/out/cmdline"
cp "$WORK/out/kernel" "$root/boot/vmlinuz"
cp "$WORK/out/initrd" "$root/boot/initrd.img"
printf 'set timeout=0\nlinux /boot/vmlinuz %s\ninitrd /boot/initrd.img\nboot\n' "$(cat "$WORK/out/cmdline")" \
  > "$root/boot/grub/grub.cfg"
one_time "$root"
make_root "$root" tiny $ROOT_MIB
make_disk tiny "$ARCH" "$WORK/out/image.qcow2"
