import { KubectlError } from '../../errors.ts';
import { text } from '../../flags/flags.ts';
import { resourceListOf } from '../../writes/resource-list.ts';
import { generatedCommand } from './generated.ts';

function scopesOf(names: string): string[] {
  const scopes = names.split(',');
  if (scopes.includes('')) throw new KubectlError('invalid resource quota scope ""');
  return scopes;
}

export default generatedCommand({
  usage: 'quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  aliases: ['resourcequota'],
  failure: 'failed to create quota: ',
  description: 'Create a resource quota with the specified name, hard limits, and optional scopes.',
  examples: `
    # Create a new resource quota named my-quota
    kubectl create quota my-quota --hard=cpu=1,memory=1G,pods=2,services=3

    # Create a new resource quota named best-effort
    kubectl create quota best-effort --hard=pods=100 --scopes=BestEffort`,
  flags: {
    hard: text('A comma-delimited set of resource=quantity pairs that define a hard limit.'),
    scopes: text('A comma-delimited set of quota scopes that must all match each object tracked by the quota.'),
  },
  make: ({ flags: { hard, scopes } }, name) => ({
    apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name },
    spec: { ...(hard !== '' && { hard: resourceListOf(hard) }), ...(scopes !== '' && { scopes: scopesOf(scopes) }) }, status: {},
  }),
});
