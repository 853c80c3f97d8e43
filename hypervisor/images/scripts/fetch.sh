#!/bin/bash
# Downloads a file and hashes it on the way. fetch.sh URL OUTPUT TRIES CONNECT_SECONDS STALL_SECONDS BYTES [sha512]
# A server may be slow for STALL_SECONDS twice, and send BYTES at most. An address with https is never left for one without.
# Prints sha256=, sha512= if that is wanted, and size=. A download that was cut goes on where it was; one that changed begins again.
set -uo pipefail
export LC_ALL=C
url=$1 output=$2 tries=$3 connect=$4 stall=$5 bytes=$6 also=${7:-}
case $url in [hH][tT][tT][pP][sS]:*) protocols==https ;; *) protocols==http,https ;; esac
SLOW=1000
LARGER="images may be as large as the hypervisor's imageSizeLimit, lists of checksums 1 MiB"
errors=$(mktemp ./fetch.XXXXXXXX)
CHANGED=75

fail() { # EXITCODE LINE...
  local code=$1
  shift
  printf '! %s\n' "$@" >&2
  exit "$code"
}
command -v curl > /dev/null || fail 65 "this host has no curl, which downloads images" "apt-get install curl (on the hypervisor)"

# What curl's exit code and the server's answer mean.
judge() { # CODE HTTP
  local reason
  reason=$(grep '^curl: ' "$errors" | tail -n 1 | cut -d' ' -f3-)
  case $1:$2 in
    *:404 | *:410) fail 65 "$url is not there (HTTP $2)" "check the address of the image" ;;
    *:401) fail 65 "$url wants a login (HTTP $2)" "use an address that anyone may read, or a file" ;;
    22:*) fail 69 "$url" "HTTP $2" ;;
    1:3* | 1:000)
      fail 65 "$url sends the download on to where it must not go: $reason" "use an address that stays with https" ;;
    3:* | 1:*) fail 65 "$url is no address that can be downloaded: $reason" "use http or https" ;;
    60:* | 77:*) fail 65 "$url: the server's certificate is not trusted: $reason" "install the certificate authority on the hypervisor" ;;
    23:*) fail 65 "$url cannot be written to $PWD: $reason" "make room on the hypervisor" ;;
    28:*) fail 69 "$url" "$(grep -q 'too slow' <<< "$reason" && echo "it sends less than $SLOW bytes a second" || echo "$reason")" ;;
    *) fail 69 "$url" "${reason:-curl ended with exit code $1}" ;;
  esac
}

size_of() { stat -c %s "$output" 2> /dev/null || echo 0; }

# The content as a stream: a cut download is continued. Exit code 75: the content changed meanwhile.
stream() {
  local try offset=0 code http got slow=0
  for ((try = 1; ; try++)); do
    curl --fail --silent --show-error --location --http1.1 --proto "$protocols" --proto-redir "$protocols" \
      --connect-timeout "$connect" --speed-limit $SLOW --speed-time "$stall" --range "$offset-" \
      --write-out '%{stderr}answer %{http_code} %{size_download}\n' "$url" 2> "$errors"
    code=$?
    read -r http got < <(sed -n 's/^answer //p' "$errors")
    ! grep -q 'too slow' "$errors" || slow=$((slow + 1))
    [ $slow -lt 2 ] || break
    # A server that does not know ranges sends everything again.
    [ "$offset" = 0 ] || [ "${got:-0}" = 0 ] || [ "$http" = 206 ] || return $CHANGED
    # A range that begins at the end: nothing was missing.
    [ "$code" != 22 ] || [ "$http" != 416 ] || [ "$offset" = 0 ] || return 0
    [ $code != 0 ] || return 0
    offset=$((offset + ${got:-0}))
    case $code:$http in 22:4?? | 1:* | 3:* | 23:* | 60:* | 77:*) break ;; esac
    [ $try -lt "$tries" ] || break
    printf '@ the download failed (%s), trying again\n' "$(grep -m1 '^curl: ' "$errors")" >&3
    sleep $try
  done
  printf '%s %s\n' "$code" "${http:-000}" > "$errors.end"
  return 1
}

exec 3>&1
(while sleep 5 > /dev/null 2>&1 3>&-; do printf '%s MiB\n' $(($(size_of) / 1048576)); done) &
ticker=$!
trap 'kill $ticker 2>/dev/null' EXIT
for again in 1 2 3; do
  rm -f "$output" "$errors".*
  hashes=()
  begun=()
  for algorithm in sha256 $also; do
    mkfifo "$errors.$algorithm"
    "${algorithm}sum" < "$errors.$algorithm" > "$errors.sum.$algorithm" &
    begun+=($!)
    hashes+=("$errors.$algorithm")
  done
  stream | head -c $((bytes + 1)) | tee "${hashes[@]}" > "$output"
  status=("${PIPESTATUS[0]}" "${PIPESTATUS[2]}")
  wait "${begun[@]}"
  [ "${status[0]}" = $CHANGED ] || break
  printf '@ the server began again: downloading from the start\n'
done
[ "${status[1]}" = 0 ] || fail 65 "$url cannot be written to $PWD" "make room on the hypervisor"
[ "$(size_of)" -le "$bytes" ] || fail 65 "$url sends more than $bytes bytes" "check the address; $LARGER"
if [ "${status[0]}" != 0 ]; then
  [ ! -f "$errors.end" ] || judge $(cat "$errors.end")
  fail 69 "$url" "the server sends another part of the file than it was asked for"
fi
for algorithm in sha256 $also; do printf '%s=%s\n' "$algorithm" "$(cut -d' ' -f1 "$errors.sum.$algorithm")"; done
printf 'size=%s\n' "$(size_of)"
