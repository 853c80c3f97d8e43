import { keepAwake } from "../../hypervisor/awake/awake";
import type { AcquireOptions, FencedLease } from "../../hypervisor/leases/lease";
import type { HypervisorSpec } from "../../hypervisor/spec";

/**
 * A guest's lease, on a hypervisor that stays up as long as it is held: one that is a guest itself is started for it.
 * Losing either is losing the lease.
 *
 * @throws what `keepAwake` and `acquire` throw.
 */
export async function leaseOnAwakeHost(
  hypervisor: HypervisorSpec,
  { holder, signal }: AcquireOptions,
  say: (text: string) => void,
  acquire: () => Promise<FencedLease>,
): Promise<FencedLease> {
  const awake = await keepAwake(hypervisor, {
    holder,
    say,
    outlives: true,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const lease = await acquire();
    return {
      abandoned: lease.abandoned,
      fence: lease.fence,
      lost: AbortSignal.any([awake.lost, lease.lost]),
      release: async (options) => {
        await lease.release(options);
        await awake.release();
      },
    };
  } catch (error) {
    await awake.release();
    throw error;
  }
}
