import * as pulumi from "@pulumi/pulumi";
import { providerText } from "./provider-text";
import { resourceType } from "./resource-type";

/**
 * A dynamic resource whose provider only forwards to a module of the installed package: new versions of the package
 * take over old resources. It is a `pulumi.dynamic.Resource` but for the provider's text, which Pulumi stores in the
 * state: here it is written down, there it is made anew by every program, with TypeScript, which took a quarter of a
 * program's time; and a text that changes with the SDK's or TypeScript's version would replace every resource.
 */
export abstract class ThinResource extends pulumi.CustomResource {
  /** @param handler module below `providers/handlers/` that does the work */
  constructor(
    handler: string,
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const __provider = providerText(`guest-farm/providers/handlers/${handler}`);
    super(resourceType(type), name, { ...props, __provider }, opts);
  }
}
