import { clashes } from '../../../api/pod/host-ports.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuse } from '../../framework/verdict.ts';

const refused = refuse("node(s) didn't have free ports for the requested pod ports");

/** Host ports are free on the node. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  prepare: ({ hostPorts }) => ({ skip: hostPorts.length === 0 }),
  filter: ({ hostPorts }, { usedPorts }) => {
    for (const used of usedPorts.values()) if (used.some((one) => hostPorts.some((wanted) => clashes(one, wanted)))) return refused;
    return undefined;
  },
  mayHelp: (event, { hostPorts }) => event.type === 'node-added' || (event.type === 'pod-removed' && event.pod.hostPorts.some((one) => hostPorts.some((wanted) => clashes(one, wanted)))),
};
