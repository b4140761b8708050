import { command } from '../../../command.ts';
import type { CommandEntry } from '../../../command.ts';
import { serviceCommands } from './service-commands.ts';

const summaries = { clusterip: 'Create a ClusterIP service', externalname: 'Create an ExternalName service', loadbalancer: 'Create a LoadBalancer service', nodeport: 'Create a NodePort service' } as const;

export default command({
  usage: 'service',
  aliases: ['svc'],
  description: 'Create a service using a specified subcommand.',
  commands: Object.entries(summaries).map(([name, summary]): CommandEntry => ({ name, summary, load: () => Promise.resolve(serviceCommands[name as keyof typeof summaries]) })),
});
