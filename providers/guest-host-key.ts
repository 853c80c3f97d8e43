import * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thin-resource";

/** The SSH host key of one guest: made before its first boot, put into it by the seed, pinned by every connection. */
export class GuestHostKey extends ThinResource {
  /** OpenSSH private key; secret. */
  declare readonly privateKey: pulumi.Output<string>;
  /** `ssh-ed25519 AAAA...`. */
  declare readonly publicKey: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super(
      "guest-host-key",
      "GuestHostKey",
      name,
      { inputs: {}, outputs: ["privateKey", "publicKey"] },
      { ...opts, additionalSecretOutputs: ["privateKey"] },
    );
  }
}
