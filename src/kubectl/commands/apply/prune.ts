import type { ApiResource } from '../../discovery/resource.ts';
import { pathOf } from '../../discovery/resource.ts';
import type { Connection } from '../../connection/connection.ts';
import type { Mapper } from '../../discovery/mapper.ts';
import { KubectlError } from '../../errors.ts';
import type { Printer } from '../../printers/printer.ts';
import type { AnyObject } from '../../resources/item.ts';
import type { Session } from '../../session.ts';
import { lastAppliedAnnotation } from '../../writes/last-applied.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { deleteObject } from '../../writes/write-object.ts';

/** What is looked through where nobody says. */
const usual: readonly (readonly [string, string])[] = [
  ...['ConfigMap', 'Endpoints', 'PersistentVolumeClaim', 'Pod', 'ReplicationController', 'Secret', 'Service'].map((kind) => ['v1', kind] as const),
  ['batch/v1', 'Job'], ['batch/v1', 'CronJob'], ['networking.k8s.io/v1', 'Ingress'],
  ...['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'].map((kind) => ['apps/v1', kind] as const),
  ['v1', 'Namespace'], ['v1', 'PersistentVolume'],
];

/** Reads `--prune-allowlist`; the usual types where it says nothing. */
export async function prunedTypes(mapper: Mapper, allowlist: readonly string[]): Promise<ApiResource[]> {
  const kinds = allowlist.length === 0 ? usual : allowlist.map((text) => {
    const [group = '', version, kind, ...rest] = text.split('/');
    if (version === undefined || kind === undefined || rest.length > 0) throw new KubectlError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    return [group === '' || group === 'core' ? version : `${group}/${version}`, kind] as const;
  });
  const types: ApiResource[] = [];
  for (const [apiVersion, kind] of kinds) {
    const type = await mapper.kind(apiVersion, kind);
    if (type === undefined) throw new KubectlError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
    types.push(type);
  }
  return types;
}

export interface PruneOptions {
  readonly types: readonly ApiResource[];
  readonly namespaces: readonly string[];
  readonly labelSelector: string;
  /** What stays, by its UID. */
  readonly applied: ReadonlySet<string>;
  /** Whether it was applied at all: others put objects there, too. */
  readonly prunes: (object: AnyObject) => boolean;
  readonly policy: string;
  readonly gracePeriod: number | undefined;
  readonly dryRun: DryRun;
  readonly printer: Printer;
}

/** Applied before by this program, and so its own to take away. */
export const wasApplied = ({ metadata }: AnyObject): boolean => metadata?.annotations?.[lastAppliedAnnotation] !== undefined;

export interface Pruned { readonly type: ApiResource; readonly namespace: string; readonly object: AnyObject }

/** What was applied once and is not among what is applied now. */
export async function* toPrune(connection: Connection, { types, namespaces, labelSelector, applied, prunes }: Pick<PruneOptions, 'types' | 'namespaces' | 'labelSelector' | 'applied' | 'prunes'>): AsyncGenerator<Pruned> {
  const query = labelSelector === '' ? '' : `?${new URLSearchParams({ labelSelector }).toString()}`;
  const places = [...types.filter(({ namespaced }) => namespaced).flatMap((type) => namespaces.map((namespace) => ({ type, namespace }))), ...types.filter(({ namespaced }) => !namespaced).map((type) => ({ type, namespace: '' }))];
  for (const { type, namespace } of places) {
    const list = await connection.json<AnyObject & { readonly items?: readonly AnyObject[] }>({ method: 'GET', path: `${pathOf(type, { namespace })}${query}` });
    for (const item of list.items ?? []) {
      const object: AnyObject = { apiVersion: list.apiVersion!, kind: type.kind, ...item };
      if (!applied.has(object.metadata?.uid ?? '') && prunes(object)) yield { type, namespace, object };
    }
  }
}

/** Deletes what is to be pruned, and tells of each. */
export async function prune(session: Session, options: PruneOptions): Promise<void> {
  const { policy, gracePeriod, dryRun, printer } = options;
  const connection = await session.connection();
  for await (const { type, namespace, object } of toPrune(connection, options)) {
    const name = object.metadata?.name ?? '';
    if (dryRun !== 'client') await deleteObject(connection, { resource: type, namespace, name, subresource: '' }, { propagationPolicy: policy, ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }), ...(dryRun === 'server' && { dryRun: ['All'] }) });
    await session.io.stdout.write(printer.print(object));
  }
}
