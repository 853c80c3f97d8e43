import { answerUntilReleased } from "./answer-script";

/**
 * The process on the hypervisor that holds a share of a guest's lease: bash. It speaks as the holder of a whole lease
 * does (`holder-script.ts`), on the same lock: shares wait for a whole lease, and a whole lease for all shares. Its
 * parameters are the lock, the record of shares, the seconds that it lives without a beat, and the text of the keeper
 * with the keeper's own parameters.
 *
 * The record only tells those who wait who was the last to come. Whatever ends this process, a keeper is there
 * afterwards: one is started with every share, and again at the end in case that somebody has killed it.
 */
export const SHARE_SCRIPT = `
lock=$1 record=$2 hold=$3
shift 3
# Nobody may read what is printed any more: that must not be the end before the keeper is there.
trap : PIPE
keeper() { setsid bash -c "$@" < /dev/null > /dev/null 2>&1 9>&- & }
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
keeper "$@"
echo 'granted '
IFS= read -r -t "$hold" answer && [ "$answer" = take ] || exit 0
printf '%s\\n' "$holder" > "$record.$$" && mv -f -- "$record.$$" "$record" 9>&- || exit 1
echo held
${answerUntilReleased('keeper "$@"')}
keeper "$@"
`;

/**
 * Powers a shared guest off behind its last user: bash. It belongs to nobody and waits for the whole lock, which the
 * kernel gives when the last share is gone, however that went. Parameters: name for the process table, lock, record of
 * shares, libvirt URI, domain, how often it is asked to shut down, and the seconds that it has for each time.
 *
 * There is one at a time. It lets go of its own lock before it lets go of the guest's, so that whoever comes next finds
 * either this keeper still at work, or none.
 */
export const KEEPER_SCRIPT = `
lock=$1 record=$2 uri=$3 domain=$4 tries=$5 delay=$6
[ -d "\${lock%/*}" ] || exit 0
exec 8>>"$lock.keeper" || exit 1
flock -n 8 || exit 0
exec 9>>"$lock" || exit 1
# Who kills this process leaves the waiting one behind, which must not keep the next keeper out.
flock 9 8>&- || exit 1
[ "$lock" -ef "/proc/$$/fd/9" ] || exit 0
ask() { env LC_ALL=C virsh -c "$uri" "$@" --domain "$domain" 8>&- 9>&-; }
off() { case $(ask domstate) in ''|'shut off') return 0 ;; esac; return 1; }
while [ "$tries" -gt 0 ] && ! off; do
  ask shutdown
  left=$delay
  until off || [ "$left" -le 0 ]; do sleep 1 8>&- 9>&-; left=$((left - 1)); done
  tries=$((tries - 1))
done
off || ask destroy
rm -f -- "$record" 8>&- 9>&-
exec 8>&-
exec 9>&-
`;
