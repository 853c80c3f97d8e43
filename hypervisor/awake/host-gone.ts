/** A hypervisor was a guest that is not there any more, and all that was made in it has gone with it. */
export class HostGoneError extends Error {
  constructor(guest: string) {
    super(
      `guest "${guest}", which is a hypervisor, is not there. If it was: \`pulumi refresh\`, then \`pulumi up\`. If it is still to be made, all stages have to run: \`pulumi up\` in stage full`,
    );
    this.name = "HostGoneError";
  }
}
