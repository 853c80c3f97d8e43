import { virshWord } from "../../connections/agent/virsh-dialogue";

/**
 * What libvirt is asked, in virsh's own command language, by one virsh for all guests: that none of the guests may be
 * there does not keep it from the next question. The output has a part per answer, as the script's has.
 */
export function libvirtQuestions(mark: string, domains: readonly string[]): string {
  const part = (name: string) => `echo '\n${mark} ${name}\n'`;
  const definitions = domains.flatMap((domain, index) => [
    part(`inactive ${index}`),
    `dumpxml --inactive --security-info --domain ${virshWord(domain)}`,
    part(`running ${index}`),
    `dumpxml --domain ${virshWord(domain)}`,
  ]);
  return [
    "list --all --name",
    part("on"),
    "list --name",
    part("version"),
    "version --daemon",
    ...definitions,
    // Last, because it never fails where libvirt answers: the exit code is its own.
    part("capabilities"),
    "capabilities",
  ].join("; ");
}

/**
 * Reads what is there for any number of guests, in one go and with few processes. Parameters: a mark that is in none of
 * the texts, the libvirt URI and the questions to libvirt, then for each guest its domain name, its folder, how many
 * base images it has and their paths, how many other files it stands on and their paths. Every part of the output begins with a line of the mark and the part's name;
 * names of files in a guest's folder are slugs and ids, which hold neither spaces, colons nor line ends.
 */
export const INVENTORY_SCRIPT = `
export LC_ALL=C
mark=$1 uri=$2 questions=$3; shift 3
libvirt() { virsh -q -c "$uri" "$@" </dev/null 2>/dev/null; }
part() { printf '\\n%s %s\\n' "$mark" "$*"; }
if said=$(libvirt "$questions"); then
  part all; printf '%s\\n' "$said"
else
  part error
fi
while [ $# -gt 0 ]; do
  domain=$1 folder=$2 count=$3; shift 3
  part guest
  while [ "$count" -gt 0 ]; do
    [ -e "$1" ] && part base yes || part base no
    shift; count=$((count - 1))
  done
  count=$1; shift
  while [ "$count" -gt 0 ]; do
    part ground "$(find -L "$1" -maxdepth 0 -printf '%s %T@' 2>/dev/null)"
    shift; count=$((count - 1))
  done
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
