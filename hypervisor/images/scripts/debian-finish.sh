#!/bin/bash
# Last touches to an installed Debian, called by mmdebstrap, or in the system itself. debian-finish.sh ROOT
set -euo pipefail
root=$1

cat > "$root/etc/fstab" <<'FSTAB'
LABEL=root / ext4 rw,noatime,errors=remount-ro 0 1
FSTAB
ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
echo localhost > "$root/etc/hostname"
echo LANG=C.UTF-8 > "$root/etc/default/locale"

# Nothing that says which machine it is: first boot makes it, or the seed brings it.
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed"
: > "$root/etc/machine-id"

chroot "$root" update-ca-certificates > /dev/null 2>&1
chroot "$root" systemctl --quiet enable systemd-networkd systemd-resolved "serial-getty@$CONSOLE" ssh
# Work in the background would run into builds, and into snapshots.
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
  e2scrub_all.timer e2scrub_reap.service systemd-pcrphase.service systemd-pcrphase-sysinit.service
# Starts that a virtual machine without a screen does not need; each costs an emulated CPU a moment.
chroot "$root" systemctl --quiet mask modprobe@drm.service modprobe@configfs.service sys-kernel-config.mount \
  sys-kernel-debug.mount sys-kernel-tracing.mount systemd-binfmt.service getty@tty1.service
# A drive is not looked for in the initial file system; see etc/initramfs-tools/conf.d.
chroot "$root" update-initramfs -c -k all > /dev/null

mkdir -p "$root/boot/grub"
cat > "$root/boot/grub/grub.cfg" <<GRUB
set timeout=0
# Guards of the programs of one machine against each other are of no use here, and cost an emulated CPU a fifth.
linux /vmlinuz root=LABEL=root ro console=$CONSOLE${KERNEL_ARGUMENTS:+ $KERNEL_ARGUMENTS} quiet mitigations=off
initrd /initrd.img
boot
GRUB
# The package index stays, with apt's own tables of it: reading it anew takes an emulated CPU most of a minute.
chroot "$root" apt-cache gencaches > /dev/null
rm -rf "$root"/usr/share/{doc,man,info,locale}/* "$root"/var/log/{apt,dpkg.log,bootstrap.log,alternatives.log}
