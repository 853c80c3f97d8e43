/**
 * What makes a restored guest fresh, in a guest with a POSIX shell: its clock is set and its random numbers are renewed
 * by one command, since each further one costs a tenth of a second. The scripts print `clock CODE` and `random CODE`.
 */

/** GNU, busybox (whole seconds only) and BSD `date`. */
const SET_CLOCK = `set_clock() {
  [ /bin/date -ef /bin/busybox ] 2>/dev/null && date -u -s "@$1" >/dev/null 2>&1 && return
  date -u -s "@$1.$2" >/dev/null 2>&1 || date -u -s "@$1" >/dev/null 2>&1 || date -u -f %s "$1" >/dev/null 2>&1
}
set_clock "$1" "$2"
echo "clock $?"`;

/**
 * `sh -c REFRESH_LINUX refresh SECONDS FRACTION NAME`: standard input is a program that renews the random numbers. It is
 * put into a private file called NAME, made anew in the first folder from which programs may be started, and removes
 * that file itself. 126 is the shell's word for a program that cannot be started.
 */
export const REFRESH_LINUX = `${SET_CLOCK}
umask 077
set -C
code=126 made= from=
for folder in /dev/shm /run /tmp /var/tmp; do
  f=$folder/$3
  { true >"$f"; } 2>/dev/null || continue
  made="$made $f"
  cat $from >>"$f" && [ -s "$f" ] && chmod 700 "$f" || { code=74; break; }
  "$f" 2>/dev/null
  code=$?
  [ $code = 126 ] || break
  from=$f
done
for f in $made; do [ ! -e "$f" ] || rm -f "$f"; done
echo "random $code"`;

/** `sh -c REFRESH_BSD refresh SECONDS FRACTION`: fresh bytes for the pools, which a BSD takes from a few times a second. */
export const REFRESH_BSD = `${SET_CLOCK}
cat >/dev/random
echo "random $?"`;

/** `sh -c SET_CLOCK_ALONE refresh SECONDS FRACTION`, where there is no helper. */
export const SET_CLOCK_ALONE = `${SET_CLOCK}
echo "random 10"`;
