/**
 * Lists the folders of guests and of images in the making. Parameters: disk pool, image cache. Prints, one line each,
 *
 *     folder <mark's time> <held|free> <kept|-> <owner.json as base64, or -> <path>
 *     work <time> <held|free> <lock> <path>
 */
export const SURVEY_SCRIPT = `
export LC_ALL=C
pool=$1 cache=$2
locked() { [ -e "$1" ] && ! flock -n "$1" true 9>&- ; }
for folder in "$pool"/*/; do
  folder=\${folder%/}
  [ -d "$folder" ] && [ ! -L "$folder" ] || continue
  mark=-
  at=$(stat -c %Y -- "$folder/owner.json" 2>/dev/null) && mark=$(base64 -w 0 < "$folder/owner.json") || at=$(stat -c %Y -- "$folder")
  locked "$folder/lease" && held=held || held=free
  [ -e "$folder/kept.json" ] && kept=kept || kept=-
  printf 'folder %s %s %s %s %s\\n' "$at" "$held" "$kept" "\${mark:--}" "$folder"
done
for folder in "$cache"/work/*/; do
  folder=\${folder%/}
  [ -d "$folder" ] && [ ! -L "$folder" ] || continue
  name=\${folder##*/}; lock=$cache/locks/\${name%%.*}
  locked "$lock" && held=held || held=free
  printf 'work %s %s %s %s\\n' "$(stat -c %Y -- "$folder")" "$held" "$lock" "$folder"
done
exit 0
`;

/**
 * Finds the files that name a place below one of some folders: overlays, memory files, records. Parameters: the disk
 * pool, the libvirt URI, then the folders, absolute. Searched are the pool, the folders of all file pools, and those in
 * which the disks of domains are. Prints \`reference <file>//<folder>\`, and \`problem <text>\` for what could not be
 * looked at.
 */
export const REFERENCE_SCRIPT = `
export LC_ALL=C
pool=$1 uri=$2; shift 2
dir=$(mktemp -d) || exit 1
trap 'rm -rf -- "$dir"' EXIT
for folder; do printf '%s/\\n' "$folder"; done > "$dir/wanted"
libvirt() { timeout 60 virsh -q -c "$uri" "$@" </dev/null 2>"$dir/said"; }
problem() { printf 'problem %s\\n' "$(printf %s "$1" | tr '\\n' ' ')"; }
printf '%s\\n' "$pool" > "$dir/folders"
libvirt pool-list --all --name > "$dir/pools" || problem "libvirt does not list its pools: $(cat "$dir/said")"
while read -r name; do
  [ -n "$name" ] && libvirt pool-dumpxml --pool "$name" | sed -n '/<target>/,/<\\/target>/s/^ *<path>\\(.*\\)<\\/path>.*/\\1/p'
done < "$dir/pools" >> "$dir/folders"
libvirt list --all --uuid > "$dir/domains" || problem "libvirt does not list its domains: $(cat "$dir/said")"
while read -r id; do
  [ -n "$id" ] && libvirt dumpxml --inactive --domain "$id" | sed -n "s/^ *<source file='\\([^']*\\)'.*/\\1/p" | sed 's|/[^/]*$||'
done < "$dir/domains" >> "$dir/folders"
sort -u "$dir/folders" | while read -r folder; do
  case $folder in /?*) ;; *) continue ;; esac
  [ -d "$folder" ] || continue
  find "$folder/" -xdev -maxdepth 6 -type f -size +0 -print 2>"$dir/denied" | while IFS= read -r file; do
    [ -r "$file" ] || { problem "no right to read $file"; continue; }
    head -c 1048576 -- "$file" 2>/dev/null | grep -aoF -f "$dir/wanted" | sort -u | while read -r to; do printf 'reference %s//%s\\n' "$file" "$to"; done
  done
  [ ! -s "$dir/denied" ] || problem "not all of $folder can be read: $(head -n 1 "$dir/denied")"
done
exit 0
`;
