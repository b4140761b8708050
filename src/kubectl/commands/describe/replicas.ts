import { formatLabelSelector } from '../../../api/meta/labels.ts';
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts';
import type { LabelSelector, ObjectMeta } from '../../../api/types/meta/v1.ts';
import type { Describing } from './describer.ts';
import type { Page } from './page.ts';
import { podsStatus, writePodTemplate } from './pod-template.ts';

interface Condition { readonly type: string; readonly status: string; readonly reason?: string }

interface Replicated {
  readonly metadata?: ObjectMeta;
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplateSpec };
  readonly status?: { readonly replicas?: number; readonly conditions?: readonly Condition[] };
}

/** Conditions with their reasons, as controllers of pods show them. */
export function writeReasons(page: Page, conditions: readonly Condition[] | undefined): void {
  if (conditions === undefined || conditions.length === 0) return;
  page.table('Conditions', ['Type', 'Status', 'Reason'], conditions.map(({ type, status, reason = '' }) => [`${type} `, status, reason]));
}

/** A ReplicaSet or a ReplicationController. */
export async function writeReplicas(object: Replicated, selector: LabelSelector | undefined, describing: Describing): Promise<void> {
  const { page } = describing;
  const { metadata = {}, spec, status } = object;
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.field('Selector', formatLabelSelector(selector));
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.controlledBy(metadata.ownerReferences);
  page.field('Replicas', `${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`);
  page.field('Pods Status', await podsStatus(object, selector, describing));
  writePodTemplate(page, spec?.template);
  writeReasons(page, status?.conditions);
  await describing.events();
}
