import type { Change, History } from '../history.ts';

/** What must hold, whatever goes wrong. Made anew for each run. */
export interface Invariant {
  readonly name: string;
  /** Looks at one committed write; returns what is wrong about it. */
  observe?(change: Change, history: History): string | undefined;
  /** Looks at the whole when faults are over and everything has had the time to settle: a line for each thing that is wrong. */
  settled?(history: History): readonly string[];
}
