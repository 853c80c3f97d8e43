/** A hypervisor was a guest that is not there any more, and all that was made in it has gone with it. */
export class HostGoneError extends Error {
  constructor(guest: string) {
    super(
      `guest "${guest}", which is a hypervisor, is not there any more; run \`pulumi refresh\`, then \`pulumi up\``,
    );
    this.name = "HostGoneError";
  }
}
