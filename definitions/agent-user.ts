/** The user that phases run as in a guest with `connection: agent`: the guest agent runs everything as root. */
export const AGENT_USER = "root";
