/**
 * Reads what is there for any number of guests, in one go and with few processes. Parameters: a mark that is in none of
 * the texts, the libvirt URI, then for each guest its domain name, its folder, how many base images it has and their
 * paths. Every part of the output begins with a line of the mark and the part's name; names of files in a guest's
 * folder are slugs and ids, which hold neither spaces, colons nor line ends.
 */
export const INVENTORY_SCRIPT = `
export LC_ALL=C
mark=$1 uri=$2; shift 2
line='
'
libvirt() { virsh -q -c "$uri" "$@" </dev/null 2>/dev/null; }
part() { printf '\\n%s %s\\n' "$mark" "$*"; }
asked() { printf "echo '%s'" "$line$mark $1$line"; }
has() { case $line$1$line in *"$line$2$line"*) return 0 ;; esac; return 1; }
if said=$(libvirt "list --all --name; $(asked on); list --name; $(asked version); version --daemon; $(asked capabilities); capabilities"); then
  part all; printf '%s\\n' "$said"
  all=\${said%%"$line$mark on"*} on=\${said#*"$mark on"} on=\${on%%"$line$mark version"*}
else
  part error
  all= on=
fi
while [ $# -gt 0 ]; do
  domain=$1 folder=$2 bases=$3; shift 3
  part guest
  while [ "$bases" -gt 0 ]; do
    [ -e "$1" ] && part base yes || part base no
    shift; bases=$((bases - 1))
  done
  if has "$all" "$domain"; then
    part inactive; libvirt dumpxml --inactive --security-info --domain "$domain"
    if has "$on" "$domain"; then part running; libvirt dumpxml --domain "$domain"; fi
  fi
  cd "$folder" 2>/dev/null || continue
  part files; find layers snapshots -mindepth 1 -printf '%d %y %s %T@ %p\\n' 2>/dev/null
  part texts; grep -aHse '' snapshots/*.json layers/*/layer.json
  if grep -qs '"internal": "' snapshots/*.json; then
    part internal; libvirt snapshot-list --name --domain "$domain"
    part latest; libvirt snapshot-current --name --domain "$domain"
  fi
done
exit 0
`;
