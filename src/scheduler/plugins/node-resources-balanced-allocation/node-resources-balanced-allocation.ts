import type { Plugin } from '../../framework/plugin.ts';

/** Prefers nodes whose cpu and memory are used up evenly: 100 less the spread of the two shares. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  normalize: 'as-is',
  // A pod without requests changes no balance (upstream skips best-effort pods).
  scores: ({ requests }) => (requests['cpu'] ?? 0) > 0 || (requests['memory'] ?? 0) > 0,
  score: ({ requests }, { allocatable, requested }) => {
    const cpu = allocatable['cpu'] ?? 0;
    const memory = allocatable['memory'] ?? 0;
    if (cpu === 0 || memory === 0) return 0;
    const cpuShare = Math.min(1, ((requested['cpu'] ?? 0) + (requests['cpu'] ?? 0)) / cpu);
    const memoryShare = Math.min(1, ((requested['memory'] ?? 0) + (requests['memory'] ?? 0)) / memory);
    return Math.floor((1 - Math.abs(cpuShare - memoryShare) / 2) * 100);
  },
};
