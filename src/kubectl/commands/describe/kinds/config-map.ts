import type { ConfigMap } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';

export default describer<ConfigMap>('v1', async ({ metadata, data = {}, binaryData = {} }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.raw('\nData\n====\n');
  for (const key of Object.keys(data).sort()) page.raw(`${key}:\n----\n${data[key]!}\n\n`);
  page.raw('\nBinaryData\n====\n');
  for (const key of Object.keys(binaryData).sort()) page.raw(`${key}: ${Buffer.from(binaryData[key]!, 'base64').length} bytes\n`);
  page.raw('\n');
  await events();
});
