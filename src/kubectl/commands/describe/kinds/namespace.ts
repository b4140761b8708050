import { isReason } from '../../../../api/status.ts';
import type { LimitRange, Namespace, ResourceQuota } from '../../../../api/types/core/v1.ts';
import type { Describing } from '../describer.ts';
import { describer } from '../describer.ts';
import { limitColumns, limitRows, quotaRows, scopesOf } from '../limits.ts';
import type { Page } from '../page.ts';
import { longTime } from '../page.ts';

/** A server need not have quotas and limits. */
async function listOr<T>({ list }: Describing, path: string): Promise<T[] | undefined> {
  try {
    return await list<T>(path);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

function writeQuotas(page: Page, quotas: readonly ResourceQuota[]): void {
  page.raw('\n');
  if (quotas.length === 0) return page.line(0, 'No resource quota.');
  page.line(0, 'Resource Quotas');
  for (const quota of [...quotas].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1))) {
    page.field('Name', quota.metadata?.name, 1);
    const { scopes, help } = scopesOf(quota);
    if (scopes.length > 0) page.field('Scopes', scopes.join(', '), 1);
    for (const text of help) page.line(1, `* ${text}`);
    for (const row of [['Resource', 'Used', 'Hard'], ['--------', '---', '---'], ...quotaRows(quota)]) page.line(1, row.join('\t'));
  }
}

function writeLimits(page: Page, ranges: readonly LimitRange[]): void {
  page.raw('\n');
  if (ranges.length === 0) return page.line(0, 'No LimitRange resource.');
  page.line(0, 'Resource Limits');
  for (const row of [...limitColumns, ...ranges.flatMap(limitRows)]) page.line(0, ` ${row.join('\t')}`);
}

export default describer<Namespace>('v1', async ({ metadata, status }, describing) => {
  const { page } = describing;
  const path = `/api/v1/namespaces/${metadata.name ?? ''}`;
  const [quotas, ranges] = [await listOr<ResourceQuota>(describing, `${path}/resourcequotas`), await listOr<LimitRange>(describing, `${path}/limitranges`)];
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Status', status?.phase);
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) page.table('Conditions', ['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'], conditions.map((one) => [one.type, one.status, longTime(one.lastTransitionTime), one.reason ?? '', one.message ?? '']));
  if (quotas !== undefined) writeQuotas(page, quotas);
  if (ranges !== undefined) writeLimits(page, ranges);
});
