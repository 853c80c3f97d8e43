#!/bin/bash
# Checks an OpenPGP signature with the keys on standard input. signature.sh FILE [DETACHED_SIGNATURE]
# A clear-signed file is replaced by what was signed: what stands around it counts for nothing.
set -uo pipefail
export LC_ALL=C
fail() { printf '! %s\n' "$@" >&2; exit 65; }
command -v gpg > /dev/null || fail "this host has no gpg, which checks signatures" "apt-get install gpg (on the hypervisor)"
home=$(mktemp -d ./gpg.XXXXXXXX)
chmod 700 "$home"
trap 'gpgconf --homedir "$home" --kill all 2>/dev/null; rm -rf "$home"' EXIT
gpg() { command gpg --homedir "$home" --batch --quiet --no-autostart --no-auto-key-retrieve --trust-model always "$@"; }
gpg --import - 2> "$home/log" || fail "the key for the list of checksums cannot be used: $(tail -n 1 "$home/log")" \
  "give the vendor's public key as checksum.key"
keys=$(gpg --with-colons --list-keys 2> /dev/null | awk -F: '$1 == "pub" { want = 1 } $1 == "fpr" && want { print $10; want = 0 }' | tr '\n' ' ')
[ -n "$keys" ] || fail "the key for the list of checksums cannot be used: it is no public key" \
  "give the vendor's public key as checksum.key"

# Programs end with 0 for a message that nobody signed: only what gpg says of each signature counts.
if [ $# = 2 ]; then
  gpg --status-file "$home/status" --verify "$2" "$1" 2> "$home/log"
else
  rm -f "$1.signed"
  gpg --status-file "$home/status" --max-output 16777216 --output "$1.signed" --decrypt "$1" 2> "$home/log"
fi
code=$?
verdict=$(awk -v keys="$keys" '
  BEGIN { count = split(keys, list); for (i = 1; i <= count; i++) known[list[i]] = 1 }
  $1 != "[GNUPG:]" { next }
  { state = $2 }
  # What is said of a signature comes before its VALIDSIG, which also those of old and revoked keys have.
  state ~ /^(GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)$/ { last = state }
  state == "BADSIG" { bad = 1 }
  state == "EXPSIG" { said = "the signature has expired" }
  state == "EXPKEYSIG" { said = "the key " $3 " has expired" }
  state == "REVKEYSIG" { said = "the key " $3 " was revoked" }
  state == "NO_PUBKEY" { said = "it was made with another key, " $3 }
  state == "VALIDSIG" && last == "GOODSIG" {
    # Digests that can be forged: MD5, SHA-1, RIPEMD-160.
    if ($11 !~ /^0[01]$/) said = "it is not made for a file"
    else if ($10 ~ /^[123]$/) said = "it is made with a digest that can be forged"
    else if ($NF in known) good = 1
    else said = "it was made with another key, " $NF
  }
  END {
    if (bad) print "it does not fit the list"
    else if (good) print "good"
    else print (said == "" ? "there is none" : said)
  }' "$home/status" 2> /dev/null)
if [ "$verdict" != good ]; then
  [ "$verdict" != "there is none" ] || ! grep -q "^gpg: " "$home/log" || verdict="$verdict ($(grep '^gpg: ' "$home/log" | tail -n 1 | cut -c6-))"
  fail "the signature of the list of checksums is wrong: $verdict" "check checksum.key and where the list comes from"
fi
[ $# = 2 ] && exit 0
# More than the signed text, such as a second one behind it, makes gpg fail.
[ $code = 0 ] && [ -f "$1.signed" ] || fail "the signed list of checksums cannot be read: $(tail -n 1 "$home/log")" \
  "check where the list comes from"
mv -f "$1.signed" "$1"
