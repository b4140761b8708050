import { KubectlError } from '../../errors.ts';
import { generatedCommand } from './generated.ts';
import { checkResources, ruleFlags, rulesOf } from './rule-flags.ts';

export default generatedCommand({
  usage: 'role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  description: 'Create a role with single rule.',
  examples: `
    # Create a role named "pod-reader" that allows user to perform "get", "watch" and "list" on pods
    kubectl create role pod-reader --verb=get --verb=list --verb=watch --resource=pods

    # Create a role named "foo" with API Group and subresource specified
    kubectl create role foo --verb=get,list,watch --resource=rs.apps,deployments.apps/scale`,
  flags: ruleFlags,
  async check(call) {
    if (call.flags.verb.length === 0) throw new KubectlError('at least one verb must be specified');
    await checkResources(call);
  },
  make: async (call, name) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules: await rulesOf(call) }),
});
