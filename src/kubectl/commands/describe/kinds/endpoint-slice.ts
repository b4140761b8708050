import type { EndpointSlice } from '../../../../api/types/discovery/v1.ts';
import { describer } from '../describer.ts';
import { orNone, orUnset } from '../page.ts';

export default describer<EndpointSlice>('discovery.k8s.io/v1', async ({ metadata, addressType, ports, endpoints }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('AddressType', addressType);
  if ((ports ?? []).length === 0) page.line(0, 'Ports: <unset>');
  else page.table('Ports', ['Name', 'Port', 'Protocol'], ports!.map(({ name = '', port, protocol = '' }) => [name === '' ? '<unset>' : name, orUnset(port), protocol]));
  page.line(0, (endpoints ?? []).length === 0 ? 'Endpoints: <none>' : 'Endpoints:');
  for (const { addresses, conditions, hostname, targetRef, nodeName, zone } of endpoints ?? []) {
    page.field('- Addresses', orNone(addresses.join(', ')), 1);
    page.line(2, 'Conditions:');
    page.field('Ready', orUnset(conditions?.ready), 3);
    page.field('Hostname', orUnset(hostname), 2);
    if (targetRef !== undefined) page.field('TargetRef', `${targetRef.kind ?? ''}/${targetRef.name ?? ''}`, 2);
    page.field('NodeName', orUnset(nodeName), 2);
    page.field('Zone', orUnset(zone), 2);
  }
  await events();
});
