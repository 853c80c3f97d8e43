#!/bin/bash
# Checks an OpenPGP signature with the key on standard input. signature.sh FILE [DETACHED_SIGNATURE]
# A clear-signed file is replaced by what was signed.
set -uo pipefail
fail() { printf '! %s\n' "$@" >&2; exit 65; }
command -v gpg > /dev/null || fail "this host has no gpg, which checks signatures" "apt-get install gpg (on the hypervisor)"
home=$(mktemp -d ./gpg.XXXXXXXX)
chmod 700 "$home"
trap 'gpgconf --homedir "$home" --kill all 2>/dev/null; rm -rf "$home"' EXIT
gpg() { command gpg --homedir "$home" --batch --quiet --no-autostart "$@"; }
gpg --import - 2> "$home/log" || fail "the key for the list of checksums cannot be used: $(tail -n 1 "$home/log")" \
  "give the vendor's public key as checksum.key"
if [ $# = 2 ]; then gpg --verify "$2" "$1" 2> "$home/log"; else gpg --output "$1.signed" --decrypt "$1" 2> "$home/log"; fi ||
  fail "the signature of the list of checksums is wrong: $(tail -n 1 "$home/log")" "check checksum.key and where the list comes from"
[ $# = 2 ] || mv -f "$1.signed" "$1"
