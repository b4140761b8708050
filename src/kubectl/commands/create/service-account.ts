import { generatedCommand } from './generated.ts';

export default generatedCommand({
  usage: 'serviceaccount NAME [--dry-run=server|client|none]',
  aliases: ['sa'],
  failure: 'failed to create serviceaccount: ',
  description: 'Create a service account with the specified name.',
  examples: `
    # Create a new service account named my-service-account
    kubectl create serviceaccount my-service-account`,
  flags: {},
  make: (_call, name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }),
});
