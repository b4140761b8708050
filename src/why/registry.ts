import type { Rule } from './rule.ts';
import { autoscaler } from './rules/autoscalers.ts';
import { claimPending } from './rules/claims.ts';
import { conditions } from './rules/conditions.ts';
import { containerConfig } from './rules/container-config.ts';
import { crashLoop } from './rules/crash-loop.ts';
import { failingProbe } from './rules/failing-probe.ts';
import { imagePull } from './rules/image-pull.ts';
import { batch } from './rules/jobs.ts';
import { nodeNotReady } from './rules/nodes.ts';
import { refused } from './rules/refused.ts';
import { budget, noEndpoints } from './rules/services.ts';
import { starting } from './rules/starting.ts';
import { terminating } from './rules/terminating.ts';
import { unschedulable } from './rules/unschedulable.ts';
import { workloads } from './rules/workloads.ts';

const known: readonly Rule[] = [
  terminating,
  unschedulable,
  imagePull,
  containerConfig,
  crashLoop,
  failingProbe,
  starting,
  ...workloads,
  ...batch,
  claimPending,
  noEndpoints,
  budget,
  nodeNotReady,
  autoscaler,
  refused,
];

/** Every cause that is recognized, in the order in which findings are told: what stands in the way first comes first. */
export const rules: readonly Rule[] = [...known, conditions(new Set(known.flatMap(({ types = [] }) => types)))];
