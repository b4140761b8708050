import type { Secret } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';

export default describer<Secret>('v1', ({ metadata, type, data = {} }, { page }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.raw(`\nType:\t${type ?? ''}\n\nData\n====\n`);
  for (const key of Object.keys(data).sort()) {
    const value = Buffer.from(data[key]!, 'base64');
    // A token is there to be read; other secrets only tell their size.
    page.field(key, key === 'token' && type === 'kubernetes.io/service-account-token' ? value.toString('utf8') : `${value.length} bytes`);
  }
});
