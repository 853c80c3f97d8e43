import type { Escalation } from "../../connections/guest-connection";
import type { GuestFacts } from "./context";

/** How a step gets to its user: undefined for the login user. */
export function escalationFor(user: string | undefined, guest: GuestFacts): Escalation | undefined {
  if (user === undefined || user === guest.user) return undefined;
  if (guest.become !== undefined) return { ...guest.become, user };
  return { user, method: "su" };
}

/** Why a step cannot get to a user, or undefined. */
export function cannotBecome(user: string, guest: GuestFacts): { what: string; remedy: string } | undefined {
  if (user === guest.user) return undefined;
  if (guest.os === "windows") {
    return {
      what: `steps of a Windows guest run as its login user "${guest.user}"`,
      remedy: "remove `user`, or log in as that user",
    };
  }
  if (guest.become === undefined) {
    return guest.user === "root"
      ? undefined
      : {
          what: `user "${guest.user}" has no way to become "${user}" in this guest`,
          remedy: "give the guest `auth: {become: {user: root, method: sudo}}`",
        };
  }
  if (guest.become.method === "su" && guest.user !== "root" && guest.become.user !== user) {
    return {
      what: `su would ask for the password of "${user}", but the guest's become is for "${guest.become.user}"`,
      remedy: `write \`user: ${guest.become.user}\`, or use sudo or doas`,
    };
  }
  return undefined;
}
