/**
 * Functions of bash for whoever holds a guest's lock. They use `$uri` and `$domain`; the lock and all that belongs to
 * it are on descriptors 4 to 9, which nothing that is started here may inherit.
 */
export const FENCE_FUNCTIONS = `
# Whoever lives long holds nothing of those who started it: they wait for the end of their pipes.
drop() {
  for fd in "/proc/$$/fd"/*; do
    fd=\${fd##*/}
    [ "$fd" -lt 10 ] || [ ! -e "/proc/$$/fd/$fd" ] || eval "exec $fd>&-"
  done
}
loose() { exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; }
child() { "$@" 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; }
# A libvirt that hangs does not keep the lock for ever.
ask() { child timeout -k 5 40 env LC_ALL=C virsh -c "$uri" "$@" --domain "$domain" < /dev/null 2>&1; }
# Sets $state to on, off or unknown. Only a plain answer counts: a libvirt that restarts refuses everything, and may
# even fail to find what is there, but then says why.
look() {
  local said missing="error: failed to get domain '$domain'"
  said=$(loose; ask domstate)
  case \${said//$'\\n'/} in
    *'shut off' | "$missing" | "$missing"'error: Domain not found'*) state=off ;;
    *running | *paused | *idle | *'in shutdown' | *crashed | *pmsuspended) state=on ;;
    *) state=unknown ;;
  esac
}
off() { look; [ "$state" = off ]; }
# Ends all programs that have the file $1 open, and waits until they are gone. Sets $killed if there were any.
fell() {
  killed=
  { exec 7< "$1"; } 2> /dev/null || return 0
  until flock -n 7 4>&- 5>&- 6>&- 8>&- 9>&-; do
    killed=1
    for fd in /proc/[0-9]*/fd/*; do
      [ "$fd" -ef "/proc/$$/fd/7" ] || continue
      pid=\${fd#/proc/} pid=\${pid%%/*}
      [ "$pid" = "$$" ] || kill -KILL "$pid"
    done 2> /dev/null
    child sleep 0.1
  done
  exec 7<&-
}
# Libvirt goes on with what it was told when the one who told it has ended: stops that, and waits for its end. Asking for
# statistics waits for the domain's job as changes do.
settle() {
  for round in 1 2 3 4 5 6 7 8 9 10; do
    ask domjobabort > /dev/null
    case $(loose; ask domjobinfo; ask dommemstat) in
      *'state change lock'* | *ounded*) child sleep 1 ;;
      *) return 0 ;;
    esac
  done
}
`;
