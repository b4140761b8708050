import type { Call } from '../command.ts';
import { command } from '../command.ts';
import type { ApiResource, Discovery } from '../discovery/resource.ts';
import { fullNameOf, groupVersionOf } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import { bool, list, text } from '../flags/flags.ts';
import { toGoJsonAsItIs } from '../printers/go-json.ts';
import { toKyamlAsItIs } from '../printers/kyaml.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import { TabWriter } from '../printers/tab-writer.ts';
import { usageError } from '../usage-error.ts';

const formats = ['json', 'kyaml', 'name', 'wide', 'yaml'];

const flags = {
  'api-group': text('Limit to resources in the specified API group.'),
  'cached': bool('Use the cached list of resources if available.'),
  'categories': list('Limit to resources that belong to the specified categories.'),
  'namespaced': bool('If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.', { initial: true }),
  'no-headers': bool('When using the default or custom-column output format, don\'t print headers (default print headers).'),
  'output': text('Output format. One of: (json, yaml, kyaml, name, wide).', { short: 'o' }),
  'show-managed-fields': bool('If true, keep the managedFields when printing objects in JSON or YAML format.'),
  'sort-by': text('If non-empty, sort list of resources using specified field. The field can be either \'name\' or \'kind\'.'),
  'verbs': list('Limit to resources that support the specified verbs.'),
} as const;

/** Every resource in one version: the preferred one of its group, or the first that has it. */
export function preferredResources({ groups, resources }: Discovery): ApiResource[] {
  return groups.flatMap(({ name, versions }) => {
    const found = new Map<string, ApiResource>();
    for (const version of versions) for (const one of resources) if (one.group === name && one.version === version && !found.has(one.resource)) found.set(one.resource, one);
    return [...found.values()];
  });
}

function chosen(discovery: Discovery, { flags: values, given }: Call<typeof flags>): ApiResource[] {
  const key = values['sort-by'] === 'name' ? 'resource' : values['sort-by'] === 'kind' ? 'kind' : 'group';
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return preferredResources(discovery).filter((one) => one.verbs.length > 0
    && (!given.has('api-group') || one.group === values['api-group'])
    && (!given.has('namespaced') || one.namespaced === values.namespaced)
    && values.verbs.every((verb) => one.verbs.includes(verb))
    && values.categories.every((category) => one.categories.includes(category))).sort((a, b) => compare(a[key], b[key]) || compare(a.resource, b.resource));
}

/** What Go's structure of a resource has, in its order. */
const asStructure = (one: ApiResource): object => ({
  name: one.resource, singularName: one.singular, namespaced: one.namespaced, ...(one.group !== '' && { group: one.group }), version: one.version, kind: one.kind, verbs: one.verbs,
  ...(one.shortNames.length > 0 && { shortNames: one.shortNames }), ...(one.categories.length > 0 && { categories: one.categories }),
});

function shown(resources: readonly ApiResource[], { flags: values }: Call<typeof flags>): string {
  const whole = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: '', resources: resources.length === 0 ? null : resources.map(asStructure) };
  if (values.output === 'json') return `${toGoJsonAsItIs(whole, '    ')}\n`;
  if (values.output === 'kyaml') return toKyamlAsItIs(whole);
  if (values.output === 'yaml') return toGoYaml(whole);
  if (values.output === 'name') return resources.map((one) => `${fullNameOf(one)}\n`).join('');
  const wide = values.output === 'wide';
  const table = new TabWriter();
  const row = (cells: readonly unknown[]): void => table.write(`${cells.join('\t')}\n`);
  if (!values['no-headers']) row(['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])]);
  for (const one of resources) row([one.resource, one.shortNames.join(','), groupVersionOf(one), one.namespaced, one.kind, ...(wide ? [one.verbs.join(','), one.categories.join(',')] : [])]);
  return table.flush();
}

async function run(call: Call<typeof flags>): Promise<void> {
  const { session, args, path, flags: values } = call;
  if (args.length > 0) throw usageError(`unexpected arguments: [${args.join(' ')}]`, path);
  if (values.output !== '' && !formats.includes(values.output)) throw new KubectlError(`unable to match a printer suitable for the output format ${JSON.stringify(values.output)}, allowed formats are: ${formats.join(',')}`);
  if (values['sort-by'] !== '' && values['sort-by'] !== 'name' && values['sort-by'] !== 'kind') throw new KubectlError('--sort-by accepts only name or kind');
  const mapper = await session.mapper();
  const discovery = values.cached ? mapper.discovery : await mapper.refresh();
  await session.io.stdout.write(shown(chosen(discovery, call), call));
  const failed = discovery.failed.map(({ groupVersion, message }) => `${groupVersion}: ${message}`);
  if (failed.length > 0) throw new KubectlError(`unable to retrieve the complete list of server APIs: ${failed.join(', ')}`);
}

export default command({
  usage: 'api-resources',
  description: 'Print the supported API resources on the server.',
  examples: `
    # All resources
    kubectl api-resources

    # With their verbs
    kubectl api-resources -o wide

    # Those that namespaces have
    kubectl api-resources --namespaced=true

    # Those of one group
    kubectl api-resources --api-group=rbac.authorization.k8s.io`,
  flags,
  run,
});
