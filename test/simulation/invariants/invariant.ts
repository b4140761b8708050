import type { Change, History } from '../history.ts';

/** A pod that has containers that run. */
export interface RunningPod { readonly node: string; readonly namespace: string; readonly name: string }

/** What must hold, whatever goes wrong. Made anew for each run. */
export interface Invariant {
  readonly name: string;
  /** Looks at one committed write; returns what is wrong about it. */
  observe?(change: Change, history: History): string | undefined;
  /** Looks at what the machines really run, again and again. */
  look?(running: readonly RunningPod[]): string | undefined;
  /** Looks at the whole when faults are over and everything has had the time to settle: a line for each thing that is wrong. */
  settled?(history: History): readonly string[];
}
