import type { ServicePort } from './service-port.ts';

/** A way of putting Services into the kernel. */
export interface ProxyBackend {
  readonly name: string;
  /** Makes the kernel's rules say exactly this. Applies only what changed since the last call that succeeded. */
  sync(ports: readonly ServicePort[]): Promise<void>;
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
