# Shared by what measures a packed image and what unpacks it.
export LC_ALL=C
ALLOWED="gz, bz2, xz, zst, zip or tar"
fail() { printf '! %s\n' "$@" >&2; exit 65; }
need() { command -v "$1" > /dev/null || fail "this host has no $1, which unpacks the image" "apt-get install $2 (on the hypervisor)"; }

# format_of FILE: told by the content.
format_of() {
  case $(head -c 6 "$1" | od -An -tx1 | tr -d ' \n') in
    1f8b*) echo gz ;;
    425a68*) echo bz2 ;;
    fd377a585a00) echo xz ;;
    28b52ffd*) echo zst ;;
    504b0304*) echo zip ;;
    377abcaf271c | 526172211a07) fail "the image is a 7z or RAR archive, which is not unpacked here" \
      "unpack it yourself and use what is in it, or pack it as $ALLOWED" ;;
    *)
      if tar --force-local -tf "$1" > /dev/null 2>&1; then echo tar; else
        fail "the image is not compressed in a known way ($ALLOWED)" "leave the step decompress out if it is a disk image already"
      fi
      ;;
  esac
}

# member_of FORMAT FILE MEMBER: the file of an archive that is the image: the one that is named, or the only one.
member_of() {
  local list member=$3
  case $1 in
    tar) list=$(tar --force-local --quoting-style=literal -tf "$2" | grep -v '/$' || true) ;;
    zip) list=$(unzip -Z1 "$2" | grep -v '/$' || true) ;;
  esac
  [ -n "$member" ] || member=$list
  [ "$(wc -l <<< "$member")" = 1 ] && grep -qxF -- "$member" <<< "$list" ||
    fail "the archive has these files: $(tr '\n' ' ' <<< "$list")" "name the one that is the image as member"
  printf '%s\n' "$member"
}

# pattern_of MEMBER: unzip takes names for patterns.
pattern_of() { sed 's/[][*?\\]/\\&/g' <<< "$1"; }

# is_tar: whether the content on standard input is an archive.
is_tar() { [ "$(head -c 262 | tail -c 5 | tr -d '\0')" = ustar ]; }
