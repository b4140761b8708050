import { decodeYamlStream } from '../api/codec/yaml.ts';
import { isQuantity } from '../api/meta/quantity.ts';
import type { Taint } from '../api/types/core/v1.ts';

/** Simulated nodes that are alike, as the file of `--node-config` lists them. */
export interface NodeGroup {
  /** Nodes are called `NAME-1`, `NAME-2` …; default: as those that no file speaks of. */
  readonly name: string | undefined;
  readonly count: number;
  /** Instead of what simulated machines have: quantities by resource, extended ones among them. */
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** In turn, as `topology.kubernetes.io/zone`. */
  readonly zones: readonly string[];
  readonly region: string | undefined;
}

const maxNodes = 10_000;
const fields = new Set(['name', 'count', 'capacity', 'labels', 'taints', 'zones', 'region']);
const effects = new Set(['NoSchedule', 'PreferNoSchedule', 'NoExecute']);

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Reads `{groups: [...]}`. Throws Error, which says what is wrong and where. */
export function parseNodeGroups(text: string): NodeGroup[] {
  const [document, ...more] = decodeYamlStream(text);
  if (more.length > 0 || !isObject(document) || !Array.isArray(document['groups']) || Object.keys(document).length > 1) throw new Error('wants one document with a list of `groups`, and nothing else');
  const groups = document['groups'].map((group, index) => parseGroup(group, `groups[${index}]`));
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  if (total > maxNodes) throw new Error(`${total} nodes are more than ${maxNodes}`);
  const names = groups.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error('two groups have the same name, or none has one');
  return groups;
}

function parseGroup(group: unknown, at: string): NodeGroup {
  if (!isObject(group)) throw new Error(`${at}: wants an object`);
  const unknown = Object.keys(group).find((field) => !fields.has(field));
  if (unknown !== undefined) throw new Error(`${at}.${unknown}: unknown field; known are ${[...fields].join(', ')}`);
  const { name, count = 1, region, zones = [] } = group;
  if (name !== undefined && (!isText(name) || !/^[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/.test(name))) throw new Error(`${at}.name: wants lower-case letters, digits, "-" and "."`);
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) throw new Error(`${at}.count: wants a whole number`);
  if (region !== undefined && !isText(region)) throw new Error(`${at}.region: wants a text`);
  if (!Array.isArray(zones) || !zones.every(isText)) throw new Error(`${at}.zones: wants a list of texts`);
  const capacity = parseMap(group['capacity'], `${at}.capacity`);
  for (const [resource, quantity] of Object.entries(capacity)) if (!isQuantity(quantity)) throw new Error(`${at}.capacity.${resource}: ${JSON.stringify(quantity)} is no quantity`);
  return { name, count, capacity, labels: parseMap(group['labels'], `${at}.labels`), taints: parseTaints(group['taints'] ?? [], `${at}.taints`), zones, region };
}

/** Numbers, as YAML reads `cpu: 4`, are taken as their text. */
function parseMap(map: unknown = {}, at: string): Record<string, string> {
  if (!isObject(map)) throw new Error(`${at}: wants an object`);
  return Object.fromEntries(Object.entries(map).map(([key, value]) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`${at}.${key}: wants a text`);
    return [key, String(value)];
  }));
}

function parseTaints(taints: unknown, at: string): Taint[] {
  if (!Array.isArray(taints)) throw new Error(`${at}: wants a list`);
  return taints.map((taint: unknown, index) => {
    if (!isObject(taint) || !isText(taint['key']) || !isText(taint['effect']) || !effects.has(taint['effect'])) throw new Error(`${at}[${index}]: wants key, effect (${[...effects].join(', ')}) and perhaps a value`);
    const { key, effect, value } = taint;
    return { key, effect, ...(isText(value) && { value }) };
  });
}

/** What the `index`-th node of the group, counted from 0, is labelled with. */
export function labelsOfMember({ labels, zones, region }: NodeGroup, index: number): Record<string, string> {
  const zone = zones[index % zones.length];
  return { ...labels, ...(region !== undefined && { 'topology.kubernetes.io/region': region }), ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }) };
}
