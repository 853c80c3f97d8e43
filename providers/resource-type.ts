/** Pulumi's type token of a dynamic resource of ours. @param name as `Domain` */
export function resourceType(name: string): string {
  return `pulumi-nodejs:dynamic/guest-farm:${name}`;
}
