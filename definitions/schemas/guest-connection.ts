import { z } from "zod";
import { hostAddress } from "./machine-names";
import { flag, port, strictMap, text } from "./scalars";

const CONNECTION = "ssh, agent, {type: ssh, address, port, jump} or {type: agent}";
const JUMPS = "true, false, or a list of [user@]host[:port] and {guest: name}";

/** How phases and people get into a guest. */
export const GuestConnectionDefinition = z.union(
  [
    z.enum(["ssh", "agent"], CONNECTION),
    z.discriminatedUnion(
      "type",
      [
        strictMap({ type: z.literal("agent") }),
        strictMap({
          type: z.literal("ssh"),
          /** As seen from the last machine on the way. Default: the forward to port 22, a card's address, or found. */
          address: hostAddress().optional(),
          port: port().optional(),
          /** Default: true, over the host that the guest lives on. */
          jump: z
            .union(
              [
                flag(),
                z.array(
                  z.union([text("[user@]host[:port]"), strictMap({ guest: text("name of a guest") })], JUMPS),
                  JUMPS,
                ),
              ],
              JUMPS,
            )
            .optional(),
        }),
      ],
      "a map with type: ssh or agent",
    ),
  ],
  CONNECTION,
);
export type GuestConnectionDefinition = z.infer<typeof GuestConnectionDefinition>;
