#!/bin/bash
# Calls virt-customize. customize.sh ARGUMENT...
command -v virt-customize > /dev/null || {
  printf '! this host has no virt-customize, which the step customize needs\n! apt-get install libguestfs-tools (on the hypervisor), or use cloud-init\n' >&2
  exit 65
}
# Its own machine must not pick a KVM that only looks as if it worked; emulation always does.
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg
exec virt-customize "$@" < /dev/null
