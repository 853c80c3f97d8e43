# Shared by the recipes. Needs bash, apt, dpkg, e2fsprogs, kmod, cpio and qemu-img on the host; everything else comes
# as packages that are only unpacked. A line on standard output that starts with "@ " tells people what goes on.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

say() { printf '@ %s\n' "$*"; }

# A mistake or a lack that the user can mend: exit code 65, what is wrong, then what to do.
mend() {
  printf '! %s\n! %s\n' "$1" "$2" >&2
  exit 65
}

need_tools() {
  local tool missing=()
  for tool in "$@"; do PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} -eq 0 ] || mend "this host lacks what builds images: ${missing[*]}" \
    "install the Debian packages apt dpkg e2fsprogs kmod cpio qemu-utils util-linux on it"
  PATH=$PATH:/usr/sbin:/sbin
}

# Runs a command that has to see files as root's. Without root a user namespace is enough.
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else unshare --map-root-user "$@"; fi; }

# The host's own Debian sources of one release, one "uri release component" per line.
sources_of() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
    awk -v suite="$1" '
      ($2 == suite || $2 == suite "-updates" || $2 == suite "-security" || $2 == suite "/updates") &&
      ($4 == "Debian" || ($4 !~ /^[A-Z]/ && $1 ~ /\/debian(-security)?\/?$/)) && !seen[$1, $2, $3]++ { print $1, $2, $3 }'
}

# Sources of a release: the host's own, else its mirror's of its own release with the name of the other one.
host_sources() {
  local own found
  found=$(sources_of "$1")
  if [ -z "$found" ]; then
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ -z "$own" ] || found=$(sources_of "$own" | awk -v own="$own" -v other="$1" '{ sub(own, other, $2); print }')
  fi
  [ -z "$found" ] || echo "$found"
}

# debian_sources SUITE: one-line apt sources, for builds and for guests alike.
debian_sources() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg option=""
  [ ! -f "$keyring" ] || option="[signed-by=$keyring] "
  host_sources "$1" | while read -r uri release component; do
    printf 'deb %s%s %s %s\n' "$option" "$uri" "$release" "$component"
  done
}

# apt_root FOLDER ARCH SUITE: a package index of its own, whatever the host has installed.
apt_root() {
  mkdir -p "$1"/lists/partial "$1"/cache/archives/partial
  : > "$1/status"
  debian_sources "$3" > "$1/sources.list"
  [ -s "$1/sources.list" ] || mend "this host has no package sources of Debian \"$3\"" \
    "build on a host with such sources, or take the image from a url"
  cat > "$1/apt.conf" <<CONF
Dir::State "$1";
Dir::State::status "$1/status";
Dir::State::lists "$1/lists";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "-";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  say "reading the package index of Debian $3 for $2"
  APT_CONFIG=$1/apt.conf apt-get -qq update || without_security "$@" || mend "the package index of Debian $3 cannot be read" \
    "check the network of this host with: apt-get update"
}

# Mirrors lag behind with the security updates of some architectures: the release itself is what has to be there.
without_security() {
  say "not all of Debian $3 for $2 can be read: going on without its security updates"
  sed -i '/-security /d' "$1/sources.list"
  APT_CONFIG=$1/apt.conf apt-get -qq update
}

# available APTROOT NAME...: the first package that there is, for those that have another name in another release.
available() {
  local apt=$1 name
  shift
  for name in "$@"; do
    APT_CONFIG=$apt/apt.conf apt-cache show "$name" > /dev/null 2>&1 && echo "$name" && return
  done
  mend "there is no package $*" "correct the name, or take another release"
}

# with_dependencies APTROOT PACKAGE...: names of packages and of all that they depend on.
with_dependencies() {
  local apt=$1 list
  shift
  list=$(APT_CONFIG=$apt/apt.conf apt-get -s --no-install-recommends -o Debug::NoLocking=1 install "$@" 2>&1) ||
    mend "packages cannot be had: $*" "correct their names: $(echo "$list" | sed -n 's/^E: //p' | head -1)"
  echo "$list" | awk '$1 == "Inst" { print $2 }'
}

# unpack APTROOT FOLDER PACKAGE...: packages as they are, without what they depend on and without their scripts.
unpack() {
  local apt=$1 folder=$2 debs file
  shift 2
  debs=$(mktemp -d "$apt/debs.XXXX")
  (cd "$debs" && APT_CONFIG=$apt/apt.conf apt-get -qq download "$@") ||
    mend "packages cannot be had: $*" "check the network of this host with: apt-get update"
  mkdir -p "$folder"
  # Unlike dpkg-deb -x, a link of the folder (lib to usr/lib) stays, and files go where it leads to.
  for file in "$debs"/*.deb; do dpkg-deb --fsys-tarfile "$file" | tar -x -C "$folder" --keep-directory-symlink; done
  rm -r "$debs"
}

# real_package APTROOT PACKAGE: what a package that only points at another one, such as a kernel's, points at.
real_package() {
  APT_CONFIG=$1/apt.conf apt-cache depends --important "$2" | awk '/^ *Depends: linux-image-/ { print $2; exit }'
}

# Files that the guests' software opens by name all get one time, so that the same packages make the same image.
one_time() { find "$1" -depth -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; }
