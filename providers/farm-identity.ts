import * as pulumi from "@pulumi/pulumi";
import type { IdentitySeeds } from "./farm-keys";
import { ThinResource } from "./thin-resource";

/** What makes one farm different from all others. It lives in the stack's state, and there alone without a farm secret. */
export class FarmIdentity extends ThinResource {
  /** Random id, part of every owner mark. */
  declare readonly farmId: pulumi.Output<string>;
  /** OpenSSH private key with which phases log in; secret. */
  declare readonly privateKey: pulumi.Output<string>;
  /** Its public line, `ssh-ed25519 AAAA... guest-farm`. */
  declare readonly publicKey: pulumi.Output<string>;
  /** Salt of the HMAC with which secrets enter cache keys; secret. */
  declare readonly keySalt: pulumi.Output<string>;

  /** @param seeds what the farm's secret gives. Default: everything is drawn at random. */
  constructor(name: string, opts?: pulumi.CustomResourceOptions, seeds?: pulumi.Input<IdentitySeeds>) {
    super(
      "farm-identity",
      "FarmIdentity",
      name,
      {
        inputs: seeds === undefined ? {} : { seeds },
        outputs: ["farmId", "privateKey", "publicKey", "keySalt"],
      },
      { ...opts, additionalSecretOutputs: ["privateKey", "keySalt"] },
    );
  }
}
