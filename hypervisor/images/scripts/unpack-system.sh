# Lays out a system of another architecture: its packages unpacked, and their scripts still to be run.

# Programs whose work the host does, or that is done once at the end or in each guest: each run takes an emulated CPU long.
PUT_OFF="usr/bin/ssh-keygen usr/sbin/update-initramfs usr/sbin/update-ca-certificates sbin/depmod"

# unpack_system APTROOT TOOLS_APTROOT ROOT PACKAGE...
unpack_system() {
  local apt=$1 tools_apt=$2 root=$3 debs=$WORK/debs folder names
  shift 3
  names=$(with_dependencies "$apt" '?essential' '?priority(required)' apt usr-is-merged "$@")
  say "fetching $(echo "$names" | wc -w) packages"
  mkdir -p "$debs" "$root"/usr/{bin,sbin,lib}
  # shellcheck disable=SC2086
  (cd "$debs" && APT_CONFIG=$apt/apt.conf apt-get -qq download $names) ||
    mend "the packages cannot be fetched" "check the network of this host with: apt-get update"
  for folder in bin sbin lib; do ln -s "usr/$folder" "$root/$folder"; done

  say "unpacking $(ls "$debs" | wc -l) packages"
  mkdir -p "$root"/.second-stage/preinst "$root"/var/lib/dpkg/{info,updates,triggers}
  touch "$root"/var/lib/dpkg/{status,available}
  for deb in "$debs"/*.deb; do without_preinst "$deb" "$root/.second-stage/preinst"; done
  dpkg --root="$root" --force-architecture --force-depends --force-unsafe-io --no-triggers --unpack "$debs"/*.deb \
    > "$WORK/unpack.log" 2>&1 || { tail -n 15 "$WORK/unpack.log" >&2; exit 1; }
  rm -r "$debs"

  install -D -m 644 "$apt/sources.list" "$root/etc/apt/sources.list"
  printf 'APT::Install-Recommends "false";\nAcquire::Retries "3";\n' > "$root/etc/apt/apt.conf.d/81guest-farm"
  find "$apt/lists" -maxdepth 1 -type f ! -name lock -exec cp -t "$root/var/lib/apt/lists" {} +
  compile_python "$tools_apt" "$root"
  depmod -b "$root" "$(kernel_of "$root")"
  put_off "$root" $PUT_OFF
}

kernel_of() { ls "$1/lib/modules"; }

# without_preinst DEB FOLDER: the host's dpkg cannot run a script of another architecture. It is kept for later as
# FOLDER/PACKAGE, and the package goes without.
without_preinst() {
  local unpacked=$WORK/deb
  [ -n "$(dpkg-deb --ctrl-tarfile "$1" | tar -t --wildcards './preinst' 2> /dev/null)" ] || return 0
  dpkg-deb -R "$1" "$unpacked"
  mv "$unpacked/DEBIAN/preinst" "$2/$(dpkg-deb -f "$1" Package)"
  dpkg-deb -Znone -b "$unpacked" "$1" > /dev/null
  rm -r "$unpacked"
}

# compile_python APTROOT ROOT: Python's compiled files are the same for every architecture. Where the host cannot make
# them, the packages' scripts do.
compile_python() {
  local root=$2 python
  python=$(cd "$root/usr/bin" && ls python3.[0-9]* 2> /dev/null | head -n 1)
  [ -n "$python" ] || return 0
  say "compiling Python's files"
  unpack "$1" "$TOOLS" "$python-minimal"
  # Files of Python's own tests and tools may be of another syntax.
  PYTHONHOME=$root/usr "$TOOLS/usr/bin/$python" -S -m compileall -q -s "$root" -p / \
    "$root/usr/lib/$python" "$root/usr/lib/python3/dist-packages" > "$WORK/python.log" 2>&1 || true
  [ -d "$root/usr/lib/$python/__pycache__" ] || return 0
  put_off "$root" usr/bin/py3compile "usr/lib/$python/py_compile.py"
}

# put_off ROOT PROGRAM...: does nothing until the second stage puts it back.
put_off() {
  local root=$1 program
  shift
  for program in "$@"; do
    mv "$root/$program" "$root/$program.put-off"
    # For a shell and for Python alike, this is a program that does nothing.
    printf '#!/bin/sh\n' > "$root/$program"
    chmod 755 "$root/$program"
    echo "/$program" >> "$root/.second-stage/put-off"
  done
}
