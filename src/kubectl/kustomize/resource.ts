import { builtinSchema } from '../../api/schema/table.ts';
import type { ObjectSchema, ResourceSchema } from '../../api/schema/schema.ts';
import type { AnyObject } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';
import type { Selector } from './kustomization.ts';

/** An object on its way through kustomizations. It is changed in place: it belongs to one build. */
export interface Resource {
  object: AnyObject;
  /** Names and namespaces that it had before: others may know it by them. */
  readonly before: { readonly name: string; readonly namespace: string; readonly kind: string }[];
  /** Its name shall follow from its content. */
  hashed: boolean;
  /** Made by a generator, which may be asked to change it later. */
  readonly generated: boolean;
}

export const versionOf = ({ apiVersion = '' }: AnyObject): string => apiVersion.slice(apiVersion.indexOf('/') + 1);
export const nameOf = ({ metadata }: AnyObject): string => metadata?.name ?? '';
export const namespaceOf = ({ metadata }: AnyObject): string => metadata?.namespace ?? '';

export const schemaOf = (object: AnyObject): ObjectSchema | undefined => builtinSchema.kind(groupOf(object.apiVersion), versionOf(object), object.kind ?? '');

let kinds: ReadonlyMap<string, ResourceSchema> | undefined;

/** Kinds of which nothing is known live in namespaces. */
export function isNamespaced(object: AnyObject): boolean {
  kinds ??= new Map(builtinSchema.resources.map((one) => [`${one.group}/${one.kind}`, one]));
  return kinds.get(`${groupOf(object.apiVersion)}/${object.kind ?? ''}`)?.namespaced ?? true;
}

/** A copy, as text would be. */
export const cloned = (object: AnyObject): AnyObject => structuredClone(object);

export const makeResource = (object: AnyObject, more: { readonly hashed?: boolean; readonly generated?: boolean } = {}): Resource => ({ object, before: [], hashed: more.hashed ?? false, generated: more.generated ?? false });

/** Called before an object's name or namespace changes. */
export function remember({ object, before }: Resource): void {
  const [name, namespace, kind] = [nameOf(object), namespaceOf(object), object.kind ?? ''];
  if (!before.some((one) => one.name === name && one.namespace === namespace && one.kind === kind)) before.push({ name, namespace, kind });
}

const wholly = (pattern: string | undefined, ...texts: readonly string[]): boolean => pattern === undefined || pattern === '' || texts.some((text) => new RegExp(`^(?:${pattern})$`).test(text));

/** True where a selector means the resource, by what it is called now or was called before. */
export async function selects(selector: Selector, { object, before }: Resource): Promise<boolean> {
  const { labelSelector = '', annotationSelector = '' } = selector;
  if (!wholly(selector.group, groupOf(object.apiVersion)) || !wholly(selector.version, versionOf(object)) || !wholly(selector.kind, object.kind ?? '')) return false;
  if (!wholly(selector.name, nameOf(object), ...before.map(({ name }) => name))) return false;
  if (!wholly(selector.namespace, namespaceOf(object), ...before.map(({ namespace }) => namespace))) return false;
  if (labelSelector === '' && annotationSelector === '') return true;
  const { parseLabelSelector } = await import('../../api/meta/label-selector-parser.ts');
  return (labelSelector === '' || parseLabelSelector(labelSelector).matches(object.metadata?.labels ?? {})) && (annotationSelector === '' || parseLabelSelector(annotationSelector).matches(object.metadata?.annotations ?? {}));
}

/** The order in which a cluster takes them best: what others stand on comes first. */
const first = ['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service', 'LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

export function inClusterOrder(resources: readonly Resource[]): Resource[] {
  const rank = ({ object: { kind = '' } }: Resource): number => (first.includes(kind) ? first.indexOf(kind) - first.length : last.includes(kind) ? 1 + last.indexOf(kind) : 0);
  const key = ({ object }: Resource): string => `${[versionOf(object), groupOf(object.apiVersion)].reverse().join('_')}_${object.kind ?? ''}|${namespaceOf(object)}|${nameOf(object)}`;
  return [...resources].sort((a, b) => rank(a) - rank(b) || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
