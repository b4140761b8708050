import type { ServicePort } from './service-port.ts';

/** What came of writing the rules of one family. */
export interface SyncReport {
  readonly family: 4 | 6;
  /** Everything was written anew. */
  readonly full: boolean;
  readonly failed: boolean;
  /** The rules are as they should be, but something that is not used any more could not be removed yet. */
  readonly cleanupFailed: boolean;
  /** Of iptables: rules in each table, and those that were written. */
  readonly rules?: Readonly<Record<'nat' | 'filter', { readonly there: number; readonly written: number }>>;
}

/** A way of putting Services into the kernel. */
export interface ProxyBackend {
  readonly name: string;
  /**
   * Makes the kernel's rules say exactly this. Applies only what changed since the last call that succeeded. `told` hears of
   * each family that was written, in turn; one that fails does not keep the other back, and then the call rejects.
   */
  sync(ports: readonly ServicePort[], told?: (report: SyncReport) => void): Promise<void>;
  /** The next `sync` writes everything anew. */
  invalidate(): void;
  /** Removes every rule of ours. */
  cleanup(): Promise<void>;
}

/** Runs a program with this standard input; rejects with its first error line when it fails. */
export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<string>;

export interface ProxyBackendOptions {
  readonly run: RunCommand;
  /** Ranges of pods, one of each family at most: what comes from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCidrs: readonly string[];
}

/** What a backend has for each family. */
export interface FamilyRules {
  readonly family: 4 | 6;
  /** Undefined: there was nothing to write. Rejects where the rules are not as they should be. */
  sync(ports: readonly ServicePort[]): Promise<Omit<SyncReport, 'family' | 'failed'> | undefined>;
}

/** Writes all families, one after the other. Rejects with the first error, after all of them. */
export async function syncFamilies(families: readonly FamilyRules[], ports: readonly ServicePort[], told: (report: SyncReport) => void = () => {}): Promise<void> {
  const errors: unknown[] = [];
  for (const rules of families) {
    try {
      const report = await rules.sync(ports);
      if (report !== undefined) told({ ...report, family: rules.family, failed: false });
    } catch (error) {
      errors.push(error);
      told({ family: rules.family, full: false, failed: true, cleanupFailed: false });
    }
  }
  if (errors.length > 0) throw errors[0];
}
