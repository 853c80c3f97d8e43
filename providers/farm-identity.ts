import * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thin-resource";

/** What makes one farm different from all others. It lives in the stack's state and nowhere else. */
export class FarmIdentity extends ThinResource {
  /** Random id, part of every owner mark. */
  declare readonly farmId: pulumi.Output<string>;
  /** OpenSSH private key with which phases log in; secret. */
  declare readonly privateKey: pulumi.Output<string>;
  /** Its public line, `ssh-ed25519 AAAA... guest-farm`. */
  declare readonly publicKey: pulumi.Output<string>;
  /** Salt of the HMAC with which secrets enter cache keys; secret. */
  declare readonly keySalt: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super(
      "farm-identity",
      "FarmIdentity",
      name,
      { inputs: {}, outputs: ["farmId", "privateKey", "publicKey", "keySalt"] },
      { ...opts, additionalSecretOutputs: ["privateKey", "keySalt"] },
    );
  }
}
