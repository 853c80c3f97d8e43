import { answerUntilReleased } from "./answer-script";

/**
 * The process on the hypervisor that holds a lease: bash, with the lock file, the holder's record and the seconds
 * that it lives without a beat as parameters, then the record of those who share the guest. It reads lines and answers
 * each:
 *
 *     (first line)   holder as one line of JSON
 *     -> waiting R   somebody else has the lock; R is that holder's record, or nothing
 *     again          ask once more
 *     -> granted R   the lock is here; R is the record that an earlier holder left behind, or nothing
 *     take           write the record; without it nothing is left behind
 *     -> held
 *     beat N         -> alive N
 *     release        removes the record -> released
 *     -> missing     there is no folder to hold a lease of
 *
 * The kernel frees the lock with the process, however that ends, so the lock is closed in every child. A record that
 * is still there then tells the next holder that the guest was left as it was. A folder that was deleted meanwhile
 * takes the lock file along: a lock on a file that has lost its name counts for nothing.
 */
export const HOLDER_SCRIPT = `
lock=$1 record=$2 hold=$3 shares=$4
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
left granted
IFS= read -r -t "$hold" answer && [ "$answer" = take ] || exit 0
printf '%s\\n' "$holder" > "$record.new" && mv -f -- "$record.new" "$record" 9>&- || exit 1
echo held
${answerUntilReleased('rm -f -- "$record" 9>&-')}
`;
