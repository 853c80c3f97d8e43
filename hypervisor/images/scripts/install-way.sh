# Where the scripts of a system's packages run: on the host, or in an emulated machine of the system's own.

# binfmt_name ARCH: what the kernel's table of foreign programs calls QEMU's emulator.
binfmt_name() {
  case $1 in
    amd64) echo qemu-x86_64 ;;
    arm64) echo qemu-aarch64 ;;
  esac
}

# install_way HOST_ARCH ARCH [TABLE]: prints `host` when the host runs programs of ARCH, its own or by binfmt, else `guest`.
install_way() {
  local table=${3:-/proc/sys/fs/binfmt_misc}
  if [ "$1" = "$2" ] || grep -qx enabled "$table/$(binfmt_name "$2")" 2> /dev/null; then echo host; else echo guest; fi
}

# need_emulator ARCH: sets EMULATOR to the command of a machine of ARCH without devices.
need_emulator() {
  local package
  case $1 in
    # A CPU with pointer authentication takes an emulator several times as long.
    arm64) EMULATOR=(qemu-system-aarch64 -M virt,gic-version=2 -cpu cortex-a57) package=qemu-system-arm ;;
    *) mend "this host has no binfmt for the packages' scripts of $1, and the recipe debian does not emulate a machine of $1" \
      "apt-get install qemu-user-static binfmt-support on it, or take the image from a url" ;;
  esac
  command -v "${EMULATOR[0]}" > /dev/null ||
    mend "this host has no ${EMULATOR[0]}, which the packages' scripts of $1 are run in" "apt-get install $package on it"
}
