# Drivers of a kernel for an initial file system whose modprobe is busybox's.

# drivers PACKAGES VERSION FOLDER MODULE...: modules of the unpacked PACKAGES, which depmod has seen, and what they need,
# under FOLDER/lib/modules.
drivers() {
  local packages=$1 version=$2 folder=$3 module file
  shift 3
  mkdir -p "$folder/lib/modules/$version"
  cp "$packages/lib/modules/$version"/modules.{builtin,order} "$folder/lib/modules/$version/"
  for module in "$@"; do
    # Not every kernel has every driver as a module.
    modprobe -d "$packages" -S "$version" --show-depends "$module" 2> /dev/null || true
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
    install -D -m 644 "$file" "$folder/${file#"$packages/"}"
    # busybox reads them plain.
    case $file in *.xz) xz --decompress --quiet "$folder/${file#"$packages/"}" ;; esac
  done
  depmod -b "$folder" "$version" 2> /dev/null
}

# initial_file_system FOLDER OUTPUT. Not compressed: an emulated CPU takes longer to unpack it than the disk to read it.
initial_file_system() {
  (cd "$1" && find . | sort | as_root cpio --quiet --reproducible --owner=0:0 -o -H newc) > "$2"
}
