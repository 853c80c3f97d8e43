import { FENCE_FUNCTIONS } from "./fence-script";

/** Passes on between the controller and the keeper in the folder `$mine`. The end of the controller is final if `$final` is 1. */
export const RELAY = `
tell() { [ -e "$mine/fence" ] && printf '%s\\n' "$1" >&5; } 2> /dev/null
relay() {
  trap '' PIPE
  { exec 6<> "$mine/in" 5> "$mine/in" 6>&- && exec 6<> "$mine/out" 4< "$mine/out" 6>&-; } 2> /dev/null &&
    tell beat || { echo lost; exit 0; }
  echo "$1"
  line=
  while [ -e "$mine/fence" ]; do
    IFS= read -r -t 1 part
    status=$? line=$line$part
    if [ "$status" -gt 128 ]; then continue; fi
    if [ "$status" -ne 0 ]; then
      [ "$final" != 1 ] || tell gone
      exit 0
    fi
    case $line in
      beat\\ *) tell beat && printf 'alive %s\\n' "\${line#beat }" || break ;;
      release*)
        tell "$line" || break
        IFS= read -r -u 4 answer || answer=released
        printf '%s\\n' "$answer"
        exit 0
        ;;
    esac
    line=
  done
  echo lost
  exit 0
}
`;

/**
 * The process that asks for a lease over the link: bash. Parameters: the lock file, the holder's record, the seconds of
 * silence after which others may take over, the record of those who share the guest, the folder of the guest's keepers,
 * the token, whether the end of the controller's stream means the controller's end (1 or 0), libvirt URI, domain, the
 * text of the keeper, the seconds until an orphan's end, how often the guest is asked to shut down, and the seconds that
 * it has for each time. It reads lines and answers each:
 *
 *     (first line)   holder as one line of JSON
 *     -> waiting R   somebody else has the lock; R is that holder's record, or nothing
 *     again          ask once more
 *     -> granted R   the lock is here; R is the record that an earlier holder left behind, or nothing
 *     take FATE      writes the record and starts the keeper; without it nothing is left behind
 *     -> held
 *     beat N         -> alive N
 *     release        -> released, or kept: the guest has to be powered off first
 *     -> missing     there is no folder to hold a lease of
 *     -> lost        the keeper has gone, or has taken the lease back
 *
 * The lock passes to the keeper with its descriptor; until then the kernel frees it with this process. A record that is
 * still there tells the next holder that the guest was left as it was. A folder that was deleted meanwhile takes the lock
 * file along: a lock on a file that has lost its name counts for nothing. What a keeper that was killed has left running
 * is ended before anybody is granted.
 */
export const CONTACT_SCRIPT = `
lock=$1 record=$2 hold=$3 shares=$4 base=$5 mine=$5/$6 final=$7 uri=$8 domain=$9
shift 9
keeper=$1 orphan=$2 tries=$3 delay=$4
${FENCE_FUNCTIONS}${RELAY}
# Guests of this host whose keeper was killed, or went down with the host, get another one.
adopt() {
  exec 4>&- 5>&- 6>&-
  for file in "\${base%/*}"/.lease.*/*/guest; do
    { IFS= read -r lock && IFS= read -r record && IFS= read -r fate && IFS= read -r uri && IFS= read -r domain &&
      read -r tries && read -r delay; } < "$file" || continue
    [ "$fate" = powerOff ] && [ -e "$lock" ] && exec 9>> "$lock" && flock -n 9 || continue
    setsid bash -c "$keeper" guest-farm-keeper "$lock" "$record" "\${file%/*}" "$hold" "$orphan" "$fate" "$uri" "$domain" "$tries" "$delay" adopted &
    exec 9>&-
  done
}
left() { line=; [ -r "$record" ] && IFS= read -r line < "$record"; printf '%s %s\\n' "$1" "$line"; }
IFS= read -r -t "$hold" holder || exit 0
while :; do
  [ -d "\${lock%/*}" ] || { echo missing; exit 0; }
  exec 9>>"$lock" || exit 1
  round=-n
  until flock $round -E 75 9; do
    [ $? = 75 ] || exit 1
    if [ -r "$record" ] || [ ! -r "$shares" ]; then left waiting; else record=$shares left waiting; fi
    IFS= read -r -t "$hold" answer || exit 0
    round='-w 1'
  done
  [ "$lock" -ef "/proc/$$/fd/9" ] && break
done
for old in "$base"/*/; do
  [ -d "$old" ] || continue
  fell "\${old}fence"
  [ -z "$killed" ] || settle
  child rm -rf -- "$old"
done
left granted
IFS= read -r -t "$hold" answer || exit 0
case $answer in take\\ *) fate=\${answer#take } ;; *) exit 0 ;; esac
umask 077
child mkdir -p -- "$mine" && child mkfifo -- "$mine/in" "$mine/out" && : > "$mine/fence" || exit 1
printf '%s\\n' "$lock" "$record" "$fate" "$uri" "$domain" "$tries" "$delay" > "$mine/guest"
printf '%s\\n' "$holder" > "$record.new" && child mv -f -- "$record.new" "$record" || exit 1
exec 6<> "$mine/out" || exit 1
setsid bash -c "$keeper" guest-farm-keeper "$lock" "$record" "$mine" "$hold" "$orphan" "$fate" "$uri" "$domain" "$tries" "$delay" < /dev/null > /dev/null 2>&1 4>&- 5>&- 6>&- &
exec 9>&-
# The keeper has the lock from its start; whoever works need not wait until it listens.
echo held
IFS= read -r -t 20 -u 6 answer && [ "$answer" = held ] || { echo lost; exit 0; }
exec 6>&-
adopt < /dev/null > /dev/null 2>&1 &
relay listening
`;

/**
 * Goes on with a lease after the link was lost: bash. Parameters: the folder of its keeper, and whether the end of the
 * controller's stream means the controller's end. Answers `attached`, and then as `CONTACT_SCRIPT` does; or `lost`.
 */
export const ATTACH_SCRIPT = `
mine=$1 final=$2
[ -p "$mine/in" ] || { echo lost; exit 0; }
${RELAY}
relay attached
`;
