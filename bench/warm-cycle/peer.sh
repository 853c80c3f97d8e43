#!/bin/bash
# What somebody would write by hand for one warm run: restore a guest from its frozen disk and memory file, set its
# clock, run two commands over ssh, take it down.
#
#   peer.sh at-once|graceful DOMAIN FROZEN_DISK MEMORY_FILE OVERLAY PORT KEY KNOWN_HOSTS
set -eu
way=$1 domain=$2 frozen=$3 memory=$4 overlay=$5 port=$6 key=$7 known=$8
virsh=(virsh -q -c qemu:///system)
guest=(ssh -F /dev/null -i "$key" -p "$port" -o "UserKnownHostsFile=$known" -o BatchMode=yes -o ConnectTimeout=5
  -o "ControlPath=$overlay.ssh" -o ControlMaster=auto -o ControlPersist=30 root@127.0.0.1)

rm -f "$overlay"
qemu-img create -q -f qcow2 -F qcow2 -b "$frozen" "$overlay"
"${virsh[@]}" save-image-dumpxml --security-info "$memory" |
  sed "s#<source file='[^']*/vda.qcow2'#<source file='$overlay'#; /<backingStore/,/<\/backingStore>/d" > "$overlay.xml"
"${virsh[@]}" restore "$memory" --xml "$overlay.xml"
until "${guest[@]}" true 2>/dev/null; do sleep 0.1; done
"${guest[@]}" "date -s @$(date +%s) >/dev/null"
"${guest[@]}" 'echo main' > /dev/null
"${guest[@]}" 'echo terminate' > /dev/null
if [ "$way" = at-once ]; then
  "${guest[@]}" sync
  "${guest[@]}" -O exit 2>/dev/null || true
  "${virsh[@]}" destroy "$domain"
else
  "${guest[@]}" -O exit 2>/dev/null || true
  # The guest may be off before its agent has answered.
  "${virsh[@]}" shutdown "$domain" || [ "$("${virsh[@]}" domstate "$domain")" = 'shut off' ]
  until [ "$("${virsh[@]}" domstate "$domain")" = 'shut off' ]; do sleep 0.1; done
fi
rm -f "$overlay" "$overlay.xml"
