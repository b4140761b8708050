import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts';
import type { Connection } from '../../connection/connection.ts';
import { KubectlError } from '../../errors.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { Page } from '../describe/page.ts';
import { writePodTemplate } from '../describe/pod-template.ts';
import type { PodTemplate, Workload } from './workload.ts';
import { revisionAnnotation } from './workload.ts';

/** One earlier form of a workload. */
export interface Revision {
  readonly number: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly template: PodTemplate;
  /** What it is kept as: a ReplicaSet, or a ControllerRevision whose `data` is a strategic merge patch. */
  readonly object: AnyObject;
}

interface Listed { readonly items?: readonly AnyObject[] }

const ownedBy = (object: AnyObject, uid: string | undefined): boolean => ((object.metadata?.['ownerReferences'] ?? []) as readonly { readonly uid?: string; readonly controller?: boolean }[]).some((owner) => owner.controller === true && owner.uid === uid);

const withPods = ['Pod', 'ReplicaSet', 'ReplicationController', 'Job', 'CronJob'];

function noHistory({ resource }: Item): KubectlError {
  const { kind, group } = resource!;
  const named = JSON.stringify(group === '' ? kind : `${kind}.${group}`);
  return new KubectlError(withPods.includes(kind) ? `no history viewer has been implemented for ${named}` : `error retrieving history for ${named}, no visitor method exists for {${group} ${kind}}`);
}

/** The revisions of a Deployment, StatefulSet or DaemonSet, oldest first. */
export async function revisionsOf(connection: Connection, item: Item): Promise<Revision[]> {
  const workload = item.object as Workload;
  const kind = workload.kind ?? '';
  if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)) throw noHistory(item);
  const kept = kind === 'Deployment' ? 'replicasets' : 'controllerrevisions';
  const { items = [] } = await connection.json<Listed>({ method: 'GET', path: `/apis/apps/v1/namespaces/${encodeURIComponent(item.namespace)}/${kept}?${new URLSearchParams({ labelSelector: labelSelectorAsSelector(workload.spec.selector).toString() }).toString()}` });
  const own = items.filter((object) => ownedBy(object, workload.metadata.uid));
  const found = own.map((object): Revision => {
    const annotations = object.metadata?.annotations ?? {};
    if (kind === 'Deployment') return { number: Number(annotations[revisionAnnotation] ?? 0), annotations, template: (object as Workload).spec.template, object };
    const data = object['data'] as { readonly spec?: { readonly template?: PodTemplate } } | undefined;
    return { number: Number(object['revision'] ?? 0), annotations, template: data?.spec?.template ?? {}, object };
  });
  return found.sort((a, b) => a.number - b.number);
}

/** A template for a person, its columns parted by tabs as upstream leaves them here. */
export function templateText(template: PodTemplate): string {
  const page = new Page();
  writePodTemplate(page, template as PodTemplateSpec);
  return page.unaligned();
}
