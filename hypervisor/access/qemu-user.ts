/** User that a system libvirt runs QEMU as on Debian and Ubuntu; others call it `qemu`. */
const QEMU_USER = "libvirt-qemu";

/** Name by which the scripts below look for QEMU's user; empty for a session, where QEMU runs as whoever asks. */
export function qemuUser(uri: string): string {
  return uri.endsWith("/session") ? "" : QEMU_USER;
}

/**
 * Beginning of a script whose first parameter is `qemuUser`: `$user` is that user as the host calls it, or empty where there
 * is none; `passes FOLDER` says whether the user gets through; `existing PATH` sets `$at` to the nearest folder
 * that exists.
 */
export const AS_QEMU = `
user=$1; shift
[ -n "$user" ] && { id "$user" >/dev/null 2>&1 || { user=qemu; id "$user" >/dev/null 2>&1 || user=; }; }
passes() {
  if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null 2>&1; then runuser -u "$user" -- test -x "$1"
  else case $(stat -L -c %A "$1") in *[xt]) true ;; *) false ;; esac; fi
}
existing() { at=$1; while [ ! -d "$at" ]; do at=$(dirname -- "$at"); done; }
`;
