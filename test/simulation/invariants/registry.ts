import { addressesAreUnique } from './addresses-are-unique.ts';
import { devicesAreGivenOnce } from './devices-are-given-once.ts';
import { endpointsFollowPods } from './endpoints-follow-pods.ts';
import { enoughStaysAvailable } from './enough-stays-available.ts';
import { identitiesAreUnique } from './identities-are-unique.ts';
import type { Invariant } from './invariant.ts';
import { jobsEnd } from './jobs-end.ts';
import { nodesAreNotOverbooked } from './nodes-are-not-overbooked.ts';
import { nothingIsLeftBehind } from './nothing-is-left-behind.ts';
import { podsAreBoundOnce } from './pods-are-bound-once.ts';
import { workloadsConverge } from './workloads-converge.ts';

/** All of them, for one run. `gentle`: nodes and the store are well throughout. */
export const invariants = (run: { readonly gentle: boolean }): readonly Invariant[] => [
  enoughStaysAvailable(run), identitiesAreUnique(), podsAreBoundOnce(), addressesAreUnique(), nodesAreNotOverbooked(), devicesAreGivenOnce(), jobsEnd(),
  nothingIsLeftBehind(), workloadsConverge(), endpointsFollowPods(),
];
