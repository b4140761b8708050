import type { ResourceQuota } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';
import { quotaRows, scopesOf } from '../limits.ts';

export default describer<ResourceQuota>('v1', (quota, { page }) => {
  page.field('Name', quota.metadata?.name);
  page.field('Namespace', quota.metadata?.namespace);
  const { scopes, help } = scopesOf(quota);
  if (scopes.length > 0) page.field('Scopes', scopes.join(', '));
  for (const text of help) page.line(0, ` * ${text}`);
  for (const row of [['Resource', 'Used', 'Hard'], ['--------', '----', '----'], ...quotaRows(quota, { sameForm: true })]) page.line(0, row.join('\t'));
});
