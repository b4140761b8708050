import type { Service } from '../../../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../../../api/types/discovery/v1.ts';
import type { Ingress, IngressBackend } from '../../../../api/types/networking/v1.ts';
import type { Describing } from '../describer.ts';
import { describer } from '../describer.ts';
import { endpointsText } from '../endpoints-text.ts';

async function backendText(namespace: string, { service, resource }: IngressBackend, { list, get }: Describing): Promise<string> {
  if (service === undefined) return resource === undefined ? '' : `APIGroup: ${resource.apiGroup ?? '<none>'}, Kind: ${resource.kind}, Name: ${resource.name}`;
  const { number = 0, name = '' } = service.port ?? {};
  const shown = `${service.name}:${number === 0 ? name : number}`;
  try {
    const slices = await list<EndpointSlice>(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, { labelSelector: `kubernetes.io/service-name=${service.name}` });
    const { spec } = await get<Service>(`/api/v1/namespaces/${namespace}/services/${service.name}`);
    const port = spec?.ports?.findLast((one) => (number !== 0 && one.port === number) || (name !== '' && one.name === name));
    return `${shown} (${endpointsText(slices, port?.name ?? '')})`;
  } catch (error) {
    return `${shown} (<error: ${(error as Error).message}>)`;
  }
}

export default describer<Ingress>('networking.k8s.io/v1', async ({ metadata, spec, status }, describing) => {
  const { page } = describing;
  const namespace = metadata.namespace ?? '';
  page.field('Name', metadata.name);
  page.labels('Labels', metadata.labels);
  page.field('Namespace', namespace);
  page.field('Address', [...new Set((status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip)).filter((text) => text !== ''))].sort().join(','));
  page.field('Ingress Class', spec?.ingressClassName ?? '<none>');
  const fallback = spec?.defaultBackend === undefined ? '<default>' : await backendText(namespace, spec.defaultBackend, describing);
  page.field('Default backend', fallback);
  if ((spec?.tls ?? []).length > 0) page.line(0, 'TLS:');
  for (const { secretName = '', hosts = [] } of spec?.tls ?? []) page.line(1, secretName === '' ? `SNI routes ${hosts.join(',')}` : `${secretName} terminates ${hosts.join(',')}`);
  page.raw('Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n');
  const rules = (spec?.rules ?? []).filter(({ http }) => http !== undefined);
  for (const { host = '', http } of rules) {
    page.line(1, `${host === '' ? '*' : host}\t`);
    for (const { path = '', backend } of http!.paths) page.line(2, `\t${path} \t${await backendText(namespace, backend, describing)}`);
  }
  if (rules.length === 0) page.line(1, `*\t*\t${fallback}`);
  page.annotations('Annotations', metadata.annotations);
  await describing.events();
});
