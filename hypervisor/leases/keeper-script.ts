import { FENCE_FUNCTIONS } from "./fence-script";

/**
 * The keeper of a lease: bash, in a session of its own on the hypervisor, which outlives the link to the controller. It
 * gets the lock on descriptor 9, and lives until the lease ends. Parameters: name for the process table, lock, record,
 * its own folder, the seconds of silence after which others may take over, and after which the guest is an orphan, what
 * becomes of an orphan (`powerOff` or `leave`), libvirt URI, domain, how often the guest is asked to shut down before
 * it is forced off, and the seconds that it has for each time; then `adopted` where the holder is gone already.
 *
 * Its folder holds the pipes `in` and `out`, and `fence`, which every program that works under the lease has open.
 * It reads
 *
 *     beat           the holder is there
 *     gone           the holder has ended for sure: others need not wait
 *     release        the lease ends; a guest that is on and should not be is powered off first
 *     release on     the same, and the guest stays as it is
 *     slot FILE      holds this slot as well, as long as it lives
 *
 * and answers a release with `released`, or with `kept` when the guest has to be powered off.
 *
 * Time is counted in rounds of its own loop: a clock that is set, and a machine that sleeps, make nobody silent.
 */
export const KEEPER_SCRIPT = `
lock=$1 record=$2 mine=$3 hold=$4 orphan=$5 fate=$6 uri=$7 domain=$8 tries=$9 delay=\${10} adopted=\${11}
trap '' PIPE
cd /
${FENCE_FUNCTIONS}
drop
exec 5<> "$mine/in" 4<> "$mine/out" || exit 1
IFS= read -r mark < "$record" || exit 1
silent=0 fence=up
say() { printf '%s\\n' "$1" >&4; }
# Whether somebody waits for the lock.
wanted() {
  local arrow id rest
  [ -n "$inode" ] || inode=$(loose; stat -c %i -- "$lock")
  while read -r _ arrow _ _ _ _ id rest; do
    [ "$arrow" = '->' ] && [ "\${id##*:}" = "$inode" ] && return 0
  done < /proc/locks
  return 1
} 2> /dev/null
# From here on the holder cannot come back. The name goes first, so that nothing new begins.
revoke() {
  [ "$fence" = up ] || return 0
  fence=down
  child mv -T -- "$mine" "$mine.gone" && mine=$mine.gone
  fell "$mine/fence"
}
tidy() {
  child rm -rf -- "$@" "$mine" \${slot:+"$slot"}
  [ -d "\${lock%/*}" ] || child rmdir -- "\${mine%/*}" 2> /dev/null
}
end() { tidy; exit 0; }
same() {
  local line=
  { IFS= read -r line < "$record"; } 2> /dev/null
  [ "$line" = "$mark" ]
}
# Gives the lock to whoever waits; returns when nobody has taken the lease.
offer() {
  flock -u 9 4>&- 5>&- 6>&- 7>&- 8>&-
  until child sleep 0.5; flock -n 9 4>&- 5>&- 6>&- 7>&- 8>&-; do
    same || pass_on
  done
  same && [ "$lock" -ef "/proc/$$/fd/9" ] || end
}
# The room of a guest that is still on is given back when it is off, or counted for its next holder.
pass_on() {
  exec 9>&-
  [ -n "$slot" ] || end
  local folder=\${lock%/*}
  for round in {1..300}; do
    off && break
    for other in "\${slot%/*}/\${folder##*/}@"*.slot; do
      [ "$other" = "$slot" ] || [ ! -e "$other" ] || break 2
    done
    child sleep 1
  done
  end
}
# Asks the guest to shut down as often as it may be asked, then forces it off.
push() {
  [ "$state" = on ] || return
  if [ "$tries" -le 0 ]; then
    ask destroy > /dev/null
    return
  fi
  tries=$((tries - 1))
  ask shutdown > /dev/null
  for ((left = delay; left > 0; left--)); do
    off && return
    wanted && offer
    child sleep 1
  done
}
power_off() {
  local pause=1
  until off; do
    # With its folder the guest was deleted.
    [ -e "$lock" ] || end
    push
    off && break
    wanted && offer
    child sleep "$pause"
    [ "$pause" -ge 30 ] || pause=$((pause * 2))
  done
  child rm -f -- "$record"
  end
}
# Nobody drives the guest: whoever waits is next, and after a time it does not stay on.
abandoned() {
  revoke
  settle
  while :; do
    wanted && offer
    [ "$silent" -lt "$orphan" ] || break
    child sleep 1
    silent=$((silent + 1))
  done
  [ "$fate" = powerOff ] || end
  power_off
}
give_back() {
  revoke
  [ -z "$killed" ] || settle
  if [ "$1" = 'release' ] && [ "$fate" = powerOff ] && ! off; then
    say kept
    power_off
  fi
  tidy "$record"
  exec 6>&- 9>&-
  say released
  exit 0
}
if [ -n "$adopted" ]; then
  silent=$hold
  abandoned
fi
say held
while :; do
  if IFS= read -r -t 1 -u 5 line; then
    case $line in
      beat) silent=0 ;;
      gone) [ "$silent" -ge "$hold" ] || silent=$hold ;;
      slot\\ *) slot=\${line#slot }; { exec 6< "$slot" && flock -w 5 6 4>&- 5>&- 7>&- 8>&- 9>&-; } 2> /dev/null || slot= ;;
      release*) give_back "$line" ;;
    esac
  else
    silent=$((silent + 1))
  fi
  [ "$silent" -lt "$hold" ] && continue
  if [ "$silent" -ge "$orphan" ] || wanted; then abandoned; fi
done
`;
