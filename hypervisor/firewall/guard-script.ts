/** Exit codes of the script, and what each says. */
export const GUARD_EXIT = { noRights: 3, noTool: 4, unfitUser: 5, refused: 6 } as const;

/** Chain (iptables) or table (nft) of ours, for people who look into their packet filter. */
export const GUARD_CHAIN = "GUEST_FARM_HOST";

/**
 * Closes the hypervisor's own addresses to the guests of its system libvirt, or opens them again behind the last guest:
 * POSIX shell, as root. Parameters: `close`, `keep` (as `close`, with what is known of the guest already), `open`
 * or `look` (which changes nothing), the guest's file name, its domain, the TCP ports of the host that it may reach, and
 * `vxvde` where it is on such a network: its members on one host send each other UDP, to ports that nobody knows before.
 * Then UDP to the host's own addresses passes, but not to its loopback.
 *
 * With user networking a guest's connections are made by its QEMU process, so the filter goes by the user that QEMU runs
 * as. Whatever is sent to one of the host's own addresses leaves by the loopback device, so that no list of addresses
 * is needed. Answers to connections from outside, as through a forwarded port, are no new connections and pass; so do
 * questions to the host's resolvers, which QEMU asks for the guest. The filter is never made for root, or for a user
 * that somebody logs in as: it would hit their programs too.
 *
 * A file per guest says which guests count on the filter; they and the filter are both gone after a reboot. The filter
 * is written as a whole, in one step, and only when something has changed. Mostly nothing has: a guest that is known, with
 * the same ports, and a filter that still stands, cost two questions.
 */
export const GUARD_SCRIPT = `
action=$1 file=$2 domain=$3
shift 3
folder=/run/guest-farm/firewall rules=/run/guest-farm/firewall.rules
# The guest's file as it is, and as it has to be; and the user for whom the filter was made last.
known() {
  wanted="$domain"; for port; do wanted="$wanted
$port"; done
  { found=; while IFS= read -r line || [ -n "$line" ]; do found="$found\${found:+
}$line"; done < "$folder/$file"; IFS= read -r uid < "$rules.uid"; } 2>/dev/null && [ "$found" = "$wanted" ]
}
[ "$action" = keep ] && [ ! -e "$folder/$file" ] && action=close
if { [ "$action" = keep ] && IFS= read -r uid < "$rules.uid" || [ "$action" = close ] && known "$@"; } 2>/dev/null &&
  [ ! /etc/resolv.conf -nt "$rules.uid" ] && [ ! /etc/libvirt/qemu.conf -nt "$rules.uid" ] &&
  iptables -w 20 -C OUTPUT -o lo -m owner --uid-owner "$uid" -j ${GUARD_CHAIN} >/dev/null 2>&1 &&
  iptables -w 20 -C ${GUARD_CHAIN} -p tcp -j REJECT --reject-with tcp-reset >/dev/null 2>&1; then exit 0; fi
[ "$(id -u)" = 0 ] || exit ${GUARD_EXIT.noRights}
if command -v iptables-restore >/dev/null 2>&1; then kind=iptables
elif command -v nft >/dev/null 2>&1; then kind=nft
else exit ${GUARD_EXIT.noTool}; fi

user=$(sed -n 's/^[[:space:]]*user[[:space:]]*=[[:space:]]*"\\{0,1\\}+\\{0,1\\}\\([^"#[:space:]]*\\).*/\\1/p' \\
  /etc/libvirt/qemu.conf 2>/dev/null | tail -n 1)
for user in \${user:-libvirt-qemu qemu}; do id -- "$user" >/dev/null 2>&1 && break; done
uid=$(id -u -- "$user" 2>/dev/null)
case $uid:$(getent passwd -- "$user" | cut -d: -f7) in
  [1-9]*:*/nologin|[1-9]*:*/false|[1-9]*:) ;;
  *) printf '%s\\n' "$user"; exit ${GUARD_EXIT.unfitUser} ;;
esac

[ "$action" = look ] && exit 0
umask 077
mkdir -p "$folder" && exec 9>>/run/guest-farm/firewall.lock && flock -w 30 9 || exit ${GUARD_EXIT.refused}
case $action in
  close) printf '%s\\n' "$domain" "$@" > "$folder/$file.new" && mv -f -- "$folder/$file.new" "$folder/$file" || exit ${GUARD_EXIT.refused} ;;
  open) rm -f -- "$folder/$file" ;;
esac
set -- "$folder"/*
[ -e "$1" ] || set --

resolvers() { sed -n 's/^nameserver[[:space:]]\\{1,\\}\\([0-9a-fA-F.:]*\\).*/\\1/p' /etc/resolv.conf 2>/dev/null; }
# The ports of all guests, each once.
ports() {
  for each; do
    { read -r domain; while read -r port; do [ "$port" = vxvde ] || echo "$port"; done; } < "$each"
  done | sort -nu
}
vxvde() {
  for each; do
    while read -r line; do [ "$line" != vxvde ] || return 0; done < "$each"
  done
  return 1
}

iptables_rules() {
  echo '*filter'
  echo ':${GUARD_CHAIN} - [0:0]'
  echo '-A ${GUARD_CHAIN} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN'
  for at in $(resolvers); do
    case $1:$at in 4:*:*|6:*.*) continue ;; esac
    echo "-A ${GUARD_CHAIN} -d $at -p udp --dport 53 -j RETURN"
    echo "-A ${GUARD_CHAIN} -d $at -p tcp --dport 53 -j RETURN"
  done
  reject=$2 loopback=$3; shift 3
  if vxvde "$@"; then echo "-A ${GUARD_CHAIN} -p udp ! -d $loopback -j RETURN"; fi
  for port in $(ports "$@"); do echo "-A ${GUARD_CHAIN} -p tcp --dport $port -j RETURN"; done
  echo '-A ${GUARD_CHAIN} -p tcp -j REJECT --reject-with tcp-reset'
  echo "-A ${GUARD_CHAIN} -j REJECT --reject-with $reject"
  echo COMMIT
}
nft_rules() {
  echo 'table inet ${GUARD_CHAIN}'
  echo 'delete table inet ${GUARD_CHAIN}'
  echo 'table inet ${GUARD_CHAIN} { chain output { type filter hook output priority 0;'
  echo "oifname != \\"lo\\" accept"
  echo "meta skuid != $uid accept"
  echo 'ct state established,related accept'
  for at in $(resolvers); do
    case $at in *:*) family=ip6 ;; *) family=ip ;; esac
    echo "$family daddr $at udp dport 53 accept"
    echo "$family daddr $at tcp dport 53 accept"
  done
  if vxvde "$@"; then
    echo 'meta l4proto udp ip daddr != 127.0.0.0/8 accept'
    echo 'meta l4proto udp ip6 daddr != ::1 accept'
  fi
  for port in $(ports "$@"); do echo "tcp dport $port accept"; done
  echo 'meta l4proto tcp reject with tcp reset'
  echo 'reject'
  echo '}'
  echo '}'
}

# Tools of the packet filter wait for each other.
jump() { tool=$1; shift; "$tool" -w 20 "$@" -o lo -m owner --uid-owner "$uid" -j ${GUARD_CHAIN} 9>&-; }
tools=iptables
if command -v ip6tables-restore >/dev/null 2>&1 && [ -e /proc/net/if_inet6 ]; then tools='iptables ip6tables'; fi
trouble() { tail -n 3 "$rules.said" >&2; exit ${GUARD_EXIT.refused}; }

if [ $# = 0 ]; then
  case $kind in
    nft) nft delete table inet ${GUARD_CHAIN} 9>&- ;;
    iptables)
      for tool in $tools; do
        while jump $tool -D OUTPUT; do :; done
        $tool -w 20 -F ${GUARD_CHAIN} 9>&- && $tool -w 20 -X ${GUARD_CHAIN} 9>&-
      done ;;
  esac >/dev/null 2>&1
  rm -f -- "$rules" "$rules".*
  exit 0
fi

stands() {
  cmp -s "$rules.new" "$rules.$1" || return 1
  case $1 in
    nft) nft list table inet ${GUARD_CHAIN} 9>&- ;;
    *) jump $1 -C OUTPUT && $1 -w 20 -C ${GUARD_CHAIN} -p tcp -j REJECT --reject-with tcp-reset 9>&- ;;
  esac >/dev/null 2>&1
}
keep() { mv -f -- "$rules.new" "$rules.$1"; }
case $kind in
  nft)
    nft_rules "$@" > "$rules.new"
    stands nft || { nft -f "$rules.new" > "$rules.said" 2>&1 9>&- || trouble; keep nft; } ;;
  iptables)
    for tool in $tools; do
      case $tool in
        iptables) iptables_rules 4 icmp-port-unreachable 127.0.0.0/8 "$@" ;;
        *) iptables_rules 6 icmp6-port-unreachable ::1/128 "$@" ;;
      esac > "$rules.new"
      stands $tool && continue
      $tool-restore -w 20 --noflush < "$rules.new" > "$rules.said" 2>&1 9>&- || trouble
      jump $tool -C OUTPUT >/dev/null 2>&1 || jump $tool -I OUTPUT 1 > "$rules.said" 2>&1 || trouble
      keep $tool
    done ;;
esac
printf '%s\n' "$uid" > "$rules.uid"
rm -f -- "$rules.new" "$rules.said"
`;
