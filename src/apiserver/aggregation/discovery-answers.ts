/** Reads what extension API servers answer when they are asked for discovery. */
import type { OwnAnswer } from './backend.ts';

type Json = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder();
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export function parsed({ body }: OwnAnswer): Json {
  const value: unknown = JSON.parse(decoder.decode(body));
  if (!isObject(value)) throw new Error('the answer is no object');
  return value;
}

const emptyKind = { group: '', version: '', kind: '' };

/** Clients of some versions cannot do without a response kind. */
const withKind = (resource: Json): Json => ({
  ...resource,
  responseKind: resource['responseKind'] ?? emptyKind,
  ...(Array.isArray(resource['subresources']) && { subresources: objectsIn(resource['subresources']).map((one) => ({ ...one, responseKind: one['responseKind'] ?? emptyKind })) }),
});

/** The resources of each `group/version` of an aggregated document; undefined when the answer is none. */
export function aggregatedDiscovery(answer: OwnAnswer): ReadonlyMap<string, readonly object[]> | undefined {
  if (answer.code !== 200 || !/g=apidiscovery\.k8s\.io/.test(answer.contentType) || !/as=APIGroupDiscoveryList/.test(answer.contentType)) return undefined;
  const found = new Map<string, readonly object[]>();
  for (const group of objectsIn(parsed(answer)['items'])) {
    const name = textOf((group['metadata'] as Json | undefined)?.['name']);
    for (const version of objectsIn(group['versions'])) found.set(`${name}/${textOf(version['version'])}`, objectsIn(version['resources']).map(withKind));
  }
  return found;
}

/** A plain APIResourceList in the form of the aggregated document. */
export function legacyDiscovery(answer: OwnAnswer): readonly object[] {
  const resources = new Map<string, Record<string, unknown> & { subresources?: object[] }>();
  const listed = objectsIn(parsed(answer)['resources']);
  const kindOf = (one: Json): object => ({ group: textOf(one['group']), version: textOf(one['version']), kind: textOf(one['kind']) });
  for (const one of listed) {
    const name = textOf(one['name']);
    if (name.includes('/')) continue;
    resources.set(name, {
      resource: name, responseKind: kindOf(one), scope: one['namespaced'] === true ? 'Namespaced' : 'Cluster', singularResource: textOf(one['singularName']), verbs: one['verbs'] ?? [],
      ...(Array.isArray(one['shortNames']) && { shortNames: one['shortNames'] }), ...(Array.isArray(one['categories']) && { categories: one['categories'] }),
    });
  }
  for (const one of listed) {
    const [parent = '', subresource] = textOf(one['name']).split('/', 2);
    const owner = resources.get(parent);
    if (subresource === undefined || owner === undefined) continue;
    (owner.subresources ??= []).push({ subresource, responseKind: kindOf(one), verbs: one['verbs'] ?? [] });
  }
  return [...resources.values()];
}
