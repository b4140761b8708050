import { KubectlError } from '../errors.ts';
import type { SortOptions } from './kustomization.ts';
import type { Id, KindPattern, Resource } from './resource.ts';
import { currentId, kindText } from './resource.ts';

/** The order in which a cluster takes them best: what others stand on comes first. */
const orderFirst = ['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service', 'LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'];
const orderLast = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

interface Kinds { readonly orderFirst: readonly string[]; readonly orderLast: readonly string[] }
const usual: Kinds = { orderFirst, orderLast };

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sortText = ({ group = '', version = '', kind = '' }: KindPattern): string => `${group === '' ? '~G' : group}_${version === '' ? '~V' : version}_${kind === '' ? '~K' : kind}`;

function rankIn({ orderFirst: first = [], orderLast: last = [] }: Partial<Kinds>): (kind: string) => number {
  const ranks = new Map([...first.map((kind, i) => [kind, i - first.length] as const), ...last.map((kind, i) => [kind, 1 + i] as const)]);
  return (kind) => ranks.get(kind) ?? 0;
}

const usualRank = rankIn(usual);
/** Compares kinds by the usual order. */
export const kindRank = (a: KindPattern, b: KindPattern): number => usualRank(a.kind ?? '') - usualRank(b.kind ?? '') || compare(sortText(a), sortText(b));

function byKindAndName(kinds: Partial<Kinds>): (a: Resource, b: Resource) => number {
  const rank = rankIn(kinds);
  const text = (id: Id): string => `${kindText(id)}|${id.namespace === '' ? '~X' : id.namespace}|${id.name === '' ? '~N' : id.name}`;
  return (one, other) => {
    const [a, b] = [currentId(one), currentId(other)];
    return rank(a.kind) - rank(b.kind) || compare(sortText(a), sortText(b)) * (a.kind === 'Namespace' && b.kind === 'Namespace' ? -1 : 1) || compare(text(a), text(b));
  };
}

/** The resources as a kustomization orders them. Throws KubectlError for options that do not fit together. */
export function inOrder(all: readonly Resource[], { order, legacySortOptions }: SortOptions): Resource[] {
  if (order !== 'fifo' && order !== 'legacy') throw new KubectlError('the field \'sortOptions.order\' must be one of [fifo, legacy]');
  if (order === 'legacy') return all.toSorted(byKindAndName(legacySortOptions ?? usual));
  if (legacySortOptions !== undefined) throw new KubectlError('the field \'sortOptions.legacySortOptions\' is set but the selected sort order is \'fifo\', not \'legacy\'');
  return [...all];
}
