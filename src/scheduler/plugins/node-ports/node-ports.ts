import { clashes } from '../../../api/pod/host-ports.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuse } from '../../framework/verdict.ts';

const refused = refuse("node(s) didn't have free ports for the requested pod ports");

const clash = (a: PodInfo['hostPorts'], b: PodInfo['hostPorts']): boolean => a.some((one) => b.some((other) => clashes(one, other)));

/** Host ports are free on the node. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  alike: ({ hostPorts }) => hostPorts,
  prepare: ({ hostPorts }) => ({ skip: hostPorts.length === 0 }),
  filter: ({ hostPorts }, { usedPorts }) => {
    for (const used of usedPorts.values()) if (clash(used, hostPorts)) return refused;
    return undefined;
  },
  wakes: {
    AssignedPodDelete: ({ hostPorts }, { old }) => clash(old.hostPorts, hostPorts),
    NodeAdd: true,
  },
};
