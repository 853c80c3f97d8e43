import { answerUntilReleased } from "./answer-script";

/**
 * The process on the hypervisor that holds a slot: bash. Parameters: folder of the slots, name of this one, seconds that
 * it lives without a beat, the limits (guests, MiB, CPUs; empty: none), and the MiB and CPUs of this guest. It reads
 * lines and answers each:
 *
 *     (first line)   holder as one line of JSON
 *     -> waiting A   there is no room; A is a JSON array of the holders
 *     again          looks once more, a moment later
 *     -> held        there was room, and it is taken
 *     beat N         -> alive N
 *     release        -> released
 *
 * A slot is a file that its process has locked: the kernel frees it with the process, however that ends, and whoever
 * counts next removes the file. Counting and taking happen under one lock, so that two never take the same room. A guest
 * that is alone always fits.
 */
export const SLOT_SCRIPT = `
folder=$1 name=$2 hold=$3 max_guests=$4 max_memory=$5 max_cpus=$6 memory=$7 cpus=$8
IFS= read -r -t "$hold" holder || exit 0
mkdir -p -- "$folder" || exit 1
exec 8>>"$folder/lock" || exit 1
fits() { [ -z "$2" ] || [ "$1" -le "$2" ]; }
count() {
  guests=0 used_memory=0 used_cpus=0 holders=
  for slot in "$folder"/*.slot; do
    { exec 7<"$slot"; } 2>/dev/null || continue
    if flock -n 7 8>&-; then
      rm -f -- "$slot" 8>&-
    elif read -r its_memory its_cpus its_holder <&7; then
      guests=$((guests + 1)) used_memory=$((used_memory + its_memory)) used_cpus=$((used_cpus + its_cpus))
      holders=$holders\${holders:+,}$its_holder
    fi
    exec 7<&-
  done
}
while :; do
  flock 8 || exit 1
  count
  [ "$guests" = 0 ] && break
  fits $((guests + 1)) "$max_guests" && fits $((used_memory + memory)) "$max_memory" &&
    fits $((used_cpus + cpus)) "$max_cpus" && break
  flock -u 8
  printf 'waiting [%s]\\n' "$holders"
  IFS= read -r -t "$hold" answer || exit 0
  sleep 1 8>&-
done
exec 9>"$folder/$name.slot" && flock -n 9 8>&- || exit 1
printf '%s %s %s\\n' "$memory" "$cpus" "$holder" >&9
flock -u 8 9>&-
exec 8>&-
echo held
${answerUntilReleased('rm -f -- "$folder/$name.slot" 9>&-')}
`;
