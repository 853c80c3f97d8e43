#!/bin/bash
# Calls virt-customize. customize.sh kvm|tcg ARGUMENT...
command -v virt-customize > /dev/null || {
  printf '! this host has no virt-customize, which the step customize needs\n! apt-get install libguestfs-tools (on the hypervisor), or use cloud-init\n' >&2
  exit 65
}
export LIBGUESTFS_BACKEND=direct
# Its own machine picks every KVM that looks as if it worked, and hangs in one that does not.
[ "$1" = kvm ] || export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
shift
exec virt-customize "$@" < /dev/null
