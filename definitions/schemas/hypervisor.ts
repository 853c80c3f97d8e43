import { z } from "zod";
import { CHECK_IMAGES } from "../images";
import { HypervisorFacts } from "../placement/facts";
import { RANGES } from "../ranges";
import { diskSize, flag, labels, memorySize, oneWordOf, port, strictMap, text, whole } from "./scalars";
import { hostAddress, isSshAddress, loginName } from "./machine-names";
import { settingsShape } from "./settings";

const absolute = () => text("an absolute path").startsWith("/", "an absolute path");

const CONNECTION =
  "local, ssh://[user@]host[:port], {type: ssh, host, port, user, identityFile, knownHostsFile, hostKey, jump}, or {type: guest, guest}";

export const ConnectionDefinition = z.union(
  [
    z.literal("local"),
    z.string(CONNECTION).regex(/^ssh:\/\/([^@/:]+@)?[^@/:]+(:[0-9]+)?$/, CONNECTION).refine(isSshAddress, CONNECTION),
    z.discriminatedUnion(
      "type",
      [
        strictMap({ type: z.literal("local") }),
        strictMap({ type: z.literal("guest"), guest: text("name of a guest of the farm") }),
        strictMap({
          type: z.literal("ssh"),
          host: hostAddress(),
          port: port().optional(),
          user: loginName().optional(),
          identityFile: text("a private key file").optional(),
          knownHostsFile: text("a known_hosts file").optional(),
          hostKey: text("a public host key").optional(),
          jump: z.array(text("[user@]host[:port]"), "a list of hosts").optional(),
        }),
      ],
      "a map with type: local, ssh or guest",
    ),
  ],
  CONNECTION,
);

const uri = text("a libvirt URI")
  .regex(
    /^qemu:\/\/\/(system|session)(\?\S*)?$/,
    "a local libvirt URI: qemu:///system or qemu:///session (where the host is goes into connection)",
  )
  .optional();

export const HypervisorDefinition = strictMap({
  uri,
  connection: ConnectionDefinition.optional(),
  diskPoolPath: absolute().optional(),
  imageCachePath: absolute().optional(),
  repairAccess: flag().optional(),
  checkImages: oneWordOf(CHECK_IMAGES).optional(),
  /** GiB that an image may have, packed or unpacked. */
  imageSizeLimit: diskSize().optional(),
  /** TCP ports of the host that guests with user networking may reach. */
  hostAccess: z.array(port(), "a list of ports, 1 to 65535").optional(),
  limits: strictMap({
    maxGuests: whole(RANGES.maxGuests).optional(),
    memory: memorySize().optional(),
    cpus: whole(RANGES.cpus).optional(),
    /** How long a run waits until there is room, seconds. */
    wait: whole(RANGES.wait).optional(),
  }).optional(),
  labels: labels().optional(),
  paused: flag().optional(),
  facts: HypervisorFacts.optional(),
  ...settingsShape,
});
export type HypervisorDefinition = z.infer<typeof HypervisorDefinition>;
