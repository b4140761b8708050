import type { EndpointAddress, Endpoints } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';
import { orNone } from '../page.ts';

const addressesText = (addresses: readonly EndpointAddress[] | undefined): string => orNone((addresses ?? []).map(({ ip }) => ip).join(','));

export default describer<Endpoints>('v1', async ({ metadata, subsets = [] }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.line(0, 'Subsets:');
  for (const { addresses, notReadyAddresses, ports = [] } of subsets) {
    page.field('Addresses', addressesText(addresses), 1);
    page.field('NotReadyAddresses', addressesText(notReadyAddresses), 1);
    if (ports.length > 0) {
      page.line(1, 'Ports:');
      page.line(2, 'Name\tPort\tProtocol');
      page.line(2, '----\t----\t--------');
    }
    for (const { name = '', port, protocol = '' } of ports) page.line(2, `${name === '' ? '<unset>' : name}\t${port}\t${protocol}`);
    page.raw('\n');
  }
  await events();
});
