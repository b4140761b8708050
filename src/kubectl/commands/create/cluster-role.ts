import { KubectlError } from '../../errors.ts';
import { array, list } from '../../flags/flags.ts';
import { generatedCommand } from './generated.ts';
import { checkResources, ruleFlags, rulesOf, verbsOf } from './rule-flags.ts';

const urlVerbs: ReadonlySet<string> = new Set(['*', 'get', 'post', 'put', 'delete', 'patch', 'head', 'options']);

function checkUrls(urls: readonly string[], verbs: readonly string[]): void {
  const stray = verbs.find((verb) => !urlVerbs.has(verb));
  if (stray !== undefined) throw new KubectlError(`invalid verb: '${stray}' for nonResourceURL`);
  for (const url of urls) {
    if (url === '*') continue;
    if (!url.startsWith('/')) throw new KubectlError('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*')) throw new KubectlError('nonResourceURL only supports wildcard matches when \'*\' is at the end');
  }
}

function labelsIn(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.flatMap((text) => text.split(',').filter((part) => part !== '').map((part) => {
    const equals = part.indexOf('=');
    if (equals < 0) throw new KubectlError(`invalid argument ${JSON.stringify(text)} for "--aggregation-rule" flag: malformed pair, expect string=string\nSee 'kubectl create clusterrole --help' for usage.`);
    return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
  })));
}

export default generatedCommand({
  usage: 'clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  description: 'Create a cluster role.',
  examples: `
    # Create a cluster role named "pod-reader" that allows user to perform "get", "watch" and "list" on pods
    kubectl create clusterrole pod-reader --verb=get,list,watch --resource=pods

    # Create a cluster role for URLs that are no resources
    kubectl create clusterrole logs --verb=get --non-resource-url=/logs/*

    # Create a cluster role that gathers the rules of others
    kubectl create clusterrole monitoring --aggregation-rule="rbac.example.com/aggregate-to-monitoring=true"`,
  flags: {
    ...ruleFlags,
    'aggregation-rule': array('An aggregation label selector for combining ClusterRoles.', { placeholder: '' }),
    'non-resource-url': list('A partial url that user should have access to.'),
  },
  async check(call) {
    const { verb, resource, 'resource-name': names, 'non-resource-url': urls, 'aggregation-rule': aggregation } = call.flags;
    if (Object.keys(labelsIn(aggregation)).length > 0) {
      if ([verb, resource, names, urls].some(({ length }) => length > 0)) throw new KubectlError('aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames');
      return;
    }
    if (verb.length === 0) throw new KubectlError('at least one verb must be specified');
    if (resource.length === 0 && urls.length === 0) throw new KubectlError('one of resource or nonResourceURL must be specified');
    if (resource.length > 0) await checkResources(call);
    if (urls.length > 0) checkUrls(urls, verbsOf(call.flags));
  },
  async make(call, name) {
    const labels = labelsIn(call.flags['aggregation-rule']);
    const common = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } };
    if (Object.keys(labels).length > 0) return { ...common, aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] }, rules: null };
    return { ...common, rules: await rulesOf(call, [...new Set(call.flags['non-resource-url'])]) };
  },
});
