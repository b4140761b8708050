import { generatedCommand } from './generated.ts';

export default generatedCommand({
  usage: 'namespace NAME [--dry-run=server|client|none]',
  aliases: ['ns'],
  description: 'Create a namespace with the specified name.',
  examples: `
    # Create a new namespace named my-namespace
    kubectl create namespace my-namespace`,
  flags: {},
  make: (_call, name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: {} }),
});
