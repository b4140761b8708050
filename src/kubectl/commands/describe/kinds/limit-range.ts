import type { LimitRange } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';
import { limitColumns, limitRows } from '../limits.ts';

export default describer<LimitRange>('v1', (range, { page }) => {
  page.field('Name', range.metadata?.name);
  page.field('Namespace', range.metadata?.namespace);
  for (const row of [...limitColumns, ...limitRows(range)]) page.line(0, row.join('\t'));
});
