import type { Escalation } from "../../connections/guest-connection";

/** Values that an expression can name, under the word that stands first: `guest.name`, `vars.mirror`. */
export interface PhaseContext {
  /** `name`, and whatever else the definitions know about the guest. */
  readonly guest: Readonly<Record<string, unknown>>;
  /** `name` and the platform's properties. */
  readonly platform: Readonly<Record<string, unknown>>;
  /** `name` and the target's properties. */
  readonly target: Readonly<Record<string, unknown>>;
  /** `name` and the hypervisor's properties. */
  readonly hypervisor: Readonly<Record<string, unknown>>;
  /** `id`, and what else is known of the project. */
  readonly project: Readonly<Record<string, unknown>>;
  readonly revision: string;
  /** The project's own variables; they win over those of the `vars.yaml` files. */
  readonly vars: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** How a guest is driven: what phase files are checked against. */
export interface GuestFacts {
  /** Name of the platform: first folder of the look-up. */
  readonly platform: string;
  /** Name of the target: second folder of the look-up. */
  readonly target: string;
  /** Shell of steps that name none. */
  readonly shell: "sh" | "bash" | "powershell";
  readonly os: "linux" | "bsd" | "windows";
  /** The user that the connection logs in as. */
  readonly user: string;
  /** How a step gets to another user; absent: `root` may go to anybody, everybody else to nobody. */
  readonly become?: Escalation;
}
