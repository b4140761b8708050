import { command } from '../../command.ts';

export default command({
  usage: 'top',
  description: 'Display resource (CPU/memory) usage of nodes or pods, as the metrics API tells it: metrics-server, or whoever serves metrics.k8s.io.',
  commands: [
    { name: 'node', summary: 'Display resource (CPU/memory) usage of nodes', aliases: ['nodes', 'no'], load: async () => (await import('./node.ts')).default },
    { name: 'pod', summary: 'Display resource (CPU/memory) usage of pods', aliases: ['pods', 'po'], load: async () => (await import('./pod.ts')).default },
  ],
});
