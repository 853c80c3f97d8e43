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
  /**
   * @param handler module below `providers/handlers/` that does the work
   * @param outputs names of what the handler adds to the inputs
   */
  constructor(
    handler: string,
    type: string,
    name: string,
    { inputs, outputs }: { readonly inputs: pulumi.Inputs; readonly outputs: readonly string[] },
    opts?: pulumi.CustomResourceOptions,
  ) {
    const __provider = providerText(`guest-farm/providers/handlers/${handler}`);
    const toCome = Object.fromEntries(outputs.map((key) => [key, undefined]));
    super(resourceType(type), name, { ...inputs, ...toCome, __provider }, opts);
    const own = this as unknown as Record<string, pulumi.Output<string | undefined> | undefined>;
    // An update with --target leaves out what is not there yet, and says nothing of its outputs: programs would compute
    // with undefined. As unknown they are left alone, and the engine names what the target needs.
    for (const key of outputs) {
      const known = own[key]?.apply((value) => (value === undefined ? pulumi.unknown : value));
      own[key] = known as pulumi.Output<string> | undefined;
    }
  }
}
