/**
 * Reads what is there for any number of guests, in one go. Parameters: the libvirt URI, then for each guest its
 * domain name, its folder, how many base images it has and their paths. Texts are written as base64; names of files
 * in a guest's folder are slugs and ids, which hold neither spaces nor line ends.
 */
export const INVENTORY_SCRIPT = `
export LC_ALL=C
uri=$1; shift
libvirt() { virsh -q -c "$uri" "$@" </dev/null; }
encoded() { base64 -w0; echo; }
has() { printf '%s\\n' "$1" | grep -qFxe "$2"; }
if all=$(libvirt list --all --name 2>&1); then
  on=$(libvirt list --name)
  printf 'version '; libvirt version --daemon | encoded
  printf 'capabilities '; libvirt capabilities | encoded
else
  printf 'error '; printf %s "$all" | encoded; all= on=
fi
while [ $# -gt 0 ]; do
  domain=$1 folder=$2 bases=$3; shift 3
  echo guest
  while [ "$bases" -gt 0 ]; do
    [ -e "$1" ] && echo 'base yes' || echo 'base no'
    shift; bases=$((bases - 1))
  done
  if has "$all" "$domain"; then
    printf 'inactive '; libvirt dumpxml --inactive --security-info --domain "$domain" | encoded
    if has "$on" "$domain"; then printf 'running '; libvirt dumpxml --domain "$domain" | encoded; fi
  fi
  cd "$folder" 2>/dev/null || continue
  find layers snapshots -mindepth 1 -maxdepth 1 -printf 'entry %p\\n' 2>/dev/null
  find layers snapshots -type f -printf 'file %s %T@ %p\\n' 2>/dev/null
  for record in snapshots/*.json; do
    [ -f "$record" ] && { printf 'record %s ' "$record"; encoded < "$record"; }
  done
  for layer in layers/*/layer.json; do
    [ -f "$layer" ] && { printf 'layer %s ' "$layer"; encoded < "$layer"; }
  done
  if grep -qs '"internal": "' snapshots/*.json; then
    printf 'internal '; libvirt snapshot-list --name --domain "$domain" 2>/dev/null | encoded
    printf 'latest '; libvirt snapshot-current --name --domain "$domain" 2>/dev/null | encoded
  fi
done
exit 0
`;
