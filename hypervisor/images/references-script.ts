/**
 * Looks for everything on a host that names an image of the cache. Parameters: the image cache, the folder of guests,
 * the libvirt URI, then the digests that are looked for.
 *
 * Any mention counts, wherever it is: the headers of overlays and memory files, records of layers and snapshots, the
 * definitions of all domains and the files that programs hold open. Searched are the folder of guests, the cache itself,
 * the folders of all file pools and those in which the disks of domains are, so that guests of other stacks, other farms and other
 * tools count as well. Prints `<kind> <digest> <place>` lines, and `problem <text>` for what could not be looked at:
 * then nothing may be called unused.
 */
export const REFERENCES_SCRIPT = `
export LC_ALL=C
cache=$1 guests=$2 uri=$3; shift 3
dir=$(mktemp -d) || exit 1
trap 'rm -rf -- "$dir"' EXIT
printf '%s\\n' "$@" > "$dir/digests"
libvirt() { timeout 60 virsh -q -c "$uri" "$@" </dev/null 2>"$dir/said"; }
problem() { printf 'problem %s\\n' "$(printf %s "$1" | tr '\\n' ' ')"; }
mentions() { grep -aoF -f "$dir/digests" | sort -u; }

printf '%s\\n' "$guests" "$cache" > "$dir/folders"
if libvirt list --all --uuid > "$dir/domains"; then
  while read -r id; do
    [ -n "$id" ] || continue
    { libvirt dumpxml --inactive --domain "$id" || libvirt dumpxml --domain "$id" || continue; libvirt dumpxml --domain "$id"; } > "$dir/xml"
    name=$(sed -n 's/^ *<name>\\(.*\\)<\\/name>.*/\\1/p' "$dir/xml" | head -n 1)
    mentions < "$dir/xml" | while read -r digest; do printf 'domain %s %s\\n' "$digest" "$name"; done
    sed -n "s/^ *<source \\(file\\|dev\\)='\\([^']*\\)'.*/\\2/p" "$dir/xml" | while read -r disk; do
      folder=\${disk%/*}
      case $folder in */layers/*) folder=\${folder%/layers/*} ;; esac
      printf '%s\\n' "$folder"
    done >> "$dir/folders"
  done < "$dir/domains"
else problem "libvirt does not list its domains: $(cat "$dir/said")"; fi
if libvirt pool-list --all --name > "$dir/pools"; then
  while read -r pool; do
    [ -n "$pool" ] || continue
    libvirt pool-dumpxml --pool "$pool" > "$dir/xml" || { problem "pool $pool cannot be looked at: $(cat "$dir/said")"; continue; }
    path=$(sed -n '/<target>/,/<\\/target>/s/^ *<path>\\(.*\\)<\\/path>.*/\\1/p' "$dir/xml" | head -n 1)
    case $(sed -n "s/^<pool type='\\([^']*\\)'.*/\\1/p" "$dir/xml") in
      dir) printf '%s\\n' "$path" >> "$dir/folders" ;;
      fs | netfs | gluster)
        if libvirt pool-info --pool "$pool" | grep -q '^State: *running'; then printf '%s\\n' "$path" >> "$dir/folders"
        else problem "pool $pool is not active, and overlays may be in it"; fi ;;
    esac
  done < "$dir/pools"
else problem "libvirt does not list its pools: $(cat "$dir/said")"; fi

sort -u "$dir/folders" | while read -r folder; do
  case $folder in /?*) ;; *) continue ;; esac
  [ -d "$folder" ] || continue
  find "$folder/" -xdev -maxdepth 6 -type f -size +0 \\
    ! -path "$cache/*.json" ! -path "$cache/*.unused" ! -path "$cache/locks/*" ! -path "$cache/work/*" ! -path "$cache/steps/*" ! -path "$cache/unreachable/*" -print 2>"$dir/denied" |
    while IFS= read -r file; do
      [ -r "$file" ] || { problem "no right to read $file"; continue; }
      head -c 1048576 -- "$file" 2>/dev/null | mentions | while read -r digest; do printf 'file %s %s\\n' "$digest" "$file"; done
    done
  [ ! -s "$dir/denied" ] || problem "not all of $folder can be read: $(head -n 1 "$dir/denied")"
done
for digest; do
  find /proc/[0-9]*/fd -lname "$cache/$digest.*" -printf "process $digest %p\\n" 2>/dev/null | sed 's|/proc/\\([0-9]*\\)/fd/.*|\\1|' | sort -u
done
exit 0
`;
