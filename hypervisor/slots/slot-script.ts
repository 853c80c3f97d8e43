/**
 * The process on the hypervisor that takes a slot: bash. Parameters: folder of the slots, name of the domain in file
 * names, name of this run there, folder of the keeper of the guest's lease, seconds for each answer, the limits (guests,
 * MiB, CPUs; empty: none), and the MiB and CPUs of this guest. It reads lines and answers each:
 *
 *     (first line)   holder as one line of JSON
 *     -> waiting A   there is no room; A is a JSON array of the holders
 *     again          looks once more, a moment later
 *     -> held        there was room, and the keeper has it
 *
 * A slot is a file that a process has locked: the keeper, as long as it lives, so that a guest which is left on counts
 * until it is off. The kernel frees it with the process, and whoever counts next removes the file. Counting and taking
 * happen under one lock, so that two never take the same room. A guest that is alone always fits, and the room that an
 * earlier run of the same guest has left is its own.
 */
export const SLOT_SCRIPT = `
folder=$1 domain=$2 run=$3 mine=$4 hold=$5 max_guests=$6 max_memory=$7 max_cpus=$8 memory=$9
cpus=\${10}
trap '' PIPE
IFS= read -r -t "$hold" holder || exit 0
mkdir -p -m 0700 -- "$folder" && chmod 0700 -- "$folder" || exit 1
exec 8>>"$folder/lock" || exit 1
fits() { [ -z "$2" ] || [ "$1" -le "$2" ]; }
count() {
  guests=0 used_memory=0 used_cpus=0 holders=
  for slot in "$folder"/*.slot; do
    { exec 7<"$slot"; } 2>/dev/null || continue
    if flock -n 7 8>&-; then
      rm -f -- "$slot" 8>&-
    elif [[ \${slot##*/} == "$domain@"* ]]; then
      :
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
slot=$folder/$domain@$run.slot
printf '%s %s %s\\n' "$memory" "$cpus" "$holder" > "$slot" || exit 1
{ [ -p "$mine/in" ] && exec 6<> "$mine/in" 5> "$mine/in" 6>&- && printf 'slot %s\\n' "$slot" >&5; } 2>/dev/null
for round in {1..200}; do
  flock -n "$slot" true 8>&- || { echo held; exit 0; }
  sleep 0.05 8>&-
done
rm -f -- "$slot" 8>&-
echo 'the keeper of the lease does not answer' >&2
exit 1
`;
