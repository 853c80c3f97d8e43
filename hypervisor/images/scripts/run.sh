#!/bin/bash
# Runs a user's script; what it prints is shown while it runs. run.sh SCRIPT IMAGE NAME
head -c 2 "$1" | grep -q '^#!' && set -- "$1" "$2" "$3" "$1" || set -- "$1" "$2" "$3" sh "$1"
script=$1 image=$2 name=$3
shift 3
"$@" "$image" < /dev/null 2>&1 | tee run.log
code=${PIPESTATUS[0]}
[ "$code" = 0 ] && exit 0
printf '! step "%s" failed (exit code %s): %s\n! correct the script of the step\n' "$name" "$code" "$(tail -n 3 run.log | tr '\n' ' ')" >&2
exit 65
