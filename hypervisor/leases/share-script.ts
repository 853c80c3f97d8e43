import { RELAY } from "./contact-script";
import { FENCE_FUNCTIONS } from "./fence-script";

/**
 * The process that asks for a share of a guest's lease over the link: bash. It speaks as the contact of a whole lease
 * does (`contact-script.ts`), on the same lock: shares wait for a whole lease, and a whole lease for all shares. Its
 * parameters are the lock, the record of shares, the seconds for each answer, the folder of the guest's keepers, the
 * token, whether the end of the controller's stream means the controller's end (1 or 0), the seconds of silence after
 * which the share ends, the text of its keeper, and that of the process which powers the guest off, with its parameters.
 *
 * The record only tells those who wait who was the last to come. Whatever ends the share's keeper, somebody is there to
 * power the guest off: that process is started with every share, and again at the end in case that it was killed.
 */
export const SHARE_SCRIPT = `
lock=$1 record=$2 hold=$3 base=$4 mine=$4/$5 final=$6 patience=$7 keeper=$8
shift 8
${RELAY}
IFS= read -r -t "$hold" holder || exit 0
while :; do
  [ -d "\${lock%/*}" ] || { echo missing; exit 0; }
  exec 9>>"$lock" || exit 1
  round=-n
  until flock -s $round -E 75 9; do
    [ $? = 75 ] || exit 1
    line=; [ -r "\${record%.shares}" ] && IFS= read -r line < "\${record%.shares}"
    printf 'waiting %s\\n' "$line"
    IFS= read -r -t "$hold" answer || exit 0
    round='-w 1'
  done
  [ "$lock" -ef "/proc/$$/fd/9" ] && break
done
setsid bash -c "$@" < /dev/null > /dev/null 2>&1 9>&- &
echo 'granted '
IFS= read -r -t "$hold" answer && [ "\${answer%% *}" = take ] || exit 0
umask 077
mkdir -p -- "$mine" 9>&- && mkfifo -- "$mine/in" "$mine/out" 9>&- && : > "$mine/fence" || exit 1
printf '%s\\n' "$holder" > "$record.$$" && mv -f -- "$record.$$" "$record" 9>&- || exit 1
exec 6<> "$mine/out" || exit 1
setsid bash -c "$keeper" guest-farm-share-keeper "$mine" "$patience" "$@" < /dev/null > /dev/null 2>&1 6>&- &
exec 9>&-
IFS= read -r -t 20 -u 6 answer && [ "$answer" = held ] || { echo 'its keeper does not start' >&2; exit 1; }
exec 6>&-
relay held
`;

/**
 * Holds a share on descriptor 9, in a session of its own: bash. It hears as the keeper of a whole lease does, and lives
 * until the share is released, or its holder has been silent for too long. Parameters: name for the process table, its
 * folder, those seconds, the text of the process that powers the guest off, with its parameters.
 */
export const SHARE_KEEPER_SCRIPT = `
mine=$1 patience=$2
shift 2
trap '' PIPE
cd /
${FENCE_FUNCTIONS}
drop
exec 5<> "$mine/in" 4<> "$mine/out" || exit 1
silent=0
echo held >&4
while [ "$silent" -lt "$patience" ]; do
  if IFS= read -r -t 1 -u 5 line; then
    case $line in
      beat) silent=0 ;;
      gone | release*) break ;;
    esac
  else
    silent=$((silent + 1))
  fi
done
setsid bash -c "$@" < /dev/null > /dev/null 2>&1 4>&- 5>&- 9>&- &
rm -rf -- "$mine" 4>&- 5>&- 9>&-
exec 9>&-
echo released >&4
`;

/**
 * Powers a shared guest off behind its last user: bash. It belongs to nobody and waits for the whole lock, which the
 * kernel gives when the last share is gone, however that went. Parameters: name for the process table, lock, record of
 * shares, libvirt URI, domain, how often it is asked to shut down, and the seconds that it has for each time.
 *
 * Its disk lives on: it is asked before it is forced, and a libvirt that does not answer is asked again, for about a
 * quarter of an hour. There is one at a time. It lets go of its own lock before it lets go of the guest's, so that
 * whoever comes next finds either this one still at work, or none.
 */
export const POWER_OFF_SCRIPT = `
lock=$1 record=$2 uri=$3 domain=$4 tries=$5 delay=$6
${FENCE_FUNCTIONS}
cd /
drop
[ -d "\${lock%/*}" ] || exit 0
exec 8>>"$lock.keeper" || exit 1
flock -n 8 || exit 0
exec 9>>"$lock" || exit 1
# Who kills this process leaves the waiting one behind, which must not keep the next one out.
flock 9 8>&- || exit 1
[ "$lock" -ef "/proc/$$/fd/9" ] || exit 0
for ((round = 1; round <= 60; round++)); do
  # With its folder the guest was deleted.
  off && break
  [ -e "$lock" ] || break
  if [ "$state" = on ] && [ "$tries" -gt 0 ]; then
    tries=$((tries - 1))
    ask shutdown > /dev/null
    for ((left = delay; left > 0; left--)); do
      off && break 2
      child sleep 1
    done
    continue
  fi
  [ "$state" = on ] && ask destroy > /dev/null && continue
  child sleep $((round < 15 ? round : 15))
done
[ "$state" = off ] && child rm -f -- "$record"
exec 8>&-
exec 9>&-
`;
