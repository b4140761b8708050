import type { CpuPolicyOptions } from '../cpus/policy-options.ts';
import type { MemoryReservation } from '../memory/reserved-memory.ts';
import type { AlignmentSettings } from '../topology/alignment.ts';

/** What KubeletConfiguration says of who has which part of the machine. */
export interface ManagerSettings {
  /** `cpuManagerPolicy: static`. Default: all containers share all processors. */
  readonly cpu?: {
    readonly options: CpuPolicyOptions;
    /** How often containers that share are looked after, in case one started while what they share changed. Default 10 s. */
    readonly reconcileMs?: number;
    /** The gate `DisableCPUQuotaWithExclusiveCPUs` is off. */
    readonly keepsQuota?: boolean;
  };
  /** `reservedSystemCPUs`; their number is what is reserved of CPU, too. */
  readonly reservedSystemCpus?: readonly number[];
  /** `memoryManagerPolicy: Static`. Default: memory comes from where it likes. */
  readonly memory?: { readonly reserved: readonly MemoryReservation[] };
  /** Default: each gives what it likes. */
  readonly alignment?: AlignmentSettings;
}
