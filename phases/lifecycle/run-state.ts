import { isHit, type LifecycleFacts } from "./facts";
import type { LifecycleInput, LifecyclePorts, LifecycleSignals } from "./input";
import type { Guard } from "./limits";
import { PhaseBook } from "./phase-book";

/** What a run knows and has done so far. The only mutable thing of the lifecycle. */
export class RunState {
  readonly book: PhaseBook;
  readonly warnings: string[] = [];
  error: string | null = null;
  status: "passed" | "failed" | "cancelled" = "passed";
  resumed: "memory" | "cold" | null = null;
  /** Whether the guest or its disks were changed by this run. */
  acted = false;
  /** Why the phases that are left are not reached; null: they are. */
  stopped: string | null = null;
  /** Whether the disks as they are now are marked as touched by a phase. */
  markedTouched = false;
  private readonly created = { init: false, clean: false };

  constructor(
    readonly input: LifecycleInput,
    readonly ports: LifecyclePorts,
    readonly signals: LifecycleSignals,
    public facts: LifecycleFacts,
  ) {
    this.book = new PhaseBook(ports.clock, ports.observer);
  }

  /** For work that a cancellation stops. */
  get interruptible(): Guard {
    return { ...this.uninterrupted, cancel: this.signals.cancel };
  }

  /** For work that is finished even after a cancellation. */
  get uninterrupted(): Guard {
    return { clock: this.ports.clock, lost: this.signals.lost };
  }

  /** The snapshots that the next run can start from, as far as this run knows. */
  get has(): { readonly init: boolean; readonly clean: boolean } {
    return {
      init: this.created.init || isHit(this.facts.init),
      clean: this.created.clean || isHit(this.facts.clean),
    };
  }

  noteCreated(kind: "init" | "clean"): void {
    this.created[kind] = true;
  }

  /** The first error is the run's; later ones are added to the warnings, never put instead. */
  fail(text: string, status: "failed" | "cancelled" = "failed"): void {
    if (this.error !== null) {
      this.warn(text);
      return;
    }
    this.error = text;
    this.status = status;
  }

  warn(text: string): void {
    this.warnings.push(text);
    this.ports.observer.warning(text);
  }
}

/** What an error says to a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
