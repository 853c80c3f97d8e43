import * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thin-resource";

/** The SSH host key of one guest: made before its first boot, put into it by the seed, pinned by every connection. */
export class GuestHostKey extends ThinResource {
  /** OpenSSH private key; secret. */
  declare readonly privateKey: pulumi.Output<string>;
  /** `ssh-ed25519 AAAA...`. */
  declare readonly publicKey: pulumi.Output<string>;

  /** @param seed what the farm's secret gives for this guest. Default: the key is drawn at random. */
  constructor(name: string, opts?: pulumi.CustomResourceOptions, seed?: pulumi.Input<string>) {
    super(
      "guest-host-key",
      "GuestHostKey",
      name,
      { inputs: seed === undefined ? {} : { seed }, outputs: ["privateKey", "publicKey"] },
      { ...opts, additionalSecretOutputs: ["privateKey"] },
    );
  }
}
