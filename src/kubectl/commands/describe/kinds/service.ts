import { formatLabels } from '../../../../api/meta/labels.ts';
import type { Service } from '../../../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../../../api/types/discovery/v1.ts';
import { describer } from '../describer.ts';
import { endpointsText } from '../endpoints-text.ts';
import type { Page } from '../page.ts';
import { orNone } from '../page.ts';

const set = (text: string | undefined): text is string => text !== undefined && text !== '';

function writeAddresses(page: Page, { spec = {}, status }: Service): void {
  page.field('IP Families', orNone(spec.ipFamilies?.join(',')));
  page.field('IP', spec.clusterIP);
  page.field('IPs', orNone(spec.clusterIPs?.join(',')));
  if ((spec.externalIPs ?? []).length > 0) page.field('External IPs', spec.externalIPs!.join(','));
  if (set(spec.loadBalancerIP)) page.field('Desired LoadBalancer IP', spec.loadBalancerIP);
  if (set(spec.externalName)) page.field('External Name', spec.externalName);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0) page.field('LoadBalancer Ingress', ingress.map(({ ip, ipMode, hostname }) => (set(ip) ? `${ip}${ipMode === undefined ? '' : ` (${ipMode})`}` : hostname ?? '')).join(', '));
}

export default describer<Service>('v1', async (service, { page, list, events }) => {
  const { metadata, spec = {} } = service;
  const slices = await list<EndpointSlice>(`/apis/discovery.k8s.io/v1/namespaces/${metadata.namespace ?? ''}/endpointslices`, { labelSelector: `kubernetes.io/service-name=${metadata.name ?? ''}` }).catch(() => []);
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Selector', formatLabels(spec.selector));
  page.field('Type', spec.type);
  if (spec.ipFamilyPolicy !== undefined) page.field('IP Family Policy', spec.ipFamilyPolicy);
  writeAddresses(page, service);
  for (const { name, port, protocol = '', targetPort = 0, appProtocol, nodePort = 0 } of spec.ports ?? []) {
    const shown = set(name) ? name : '<unset>';
    page.field('Port', `${shown}\t${port}/${protocol}`);
    page.field('TargetPort', `${targetPort}/${protocol}`);
    if (appProtocol !== undefined) page.field('AppProtocol', appProtocol);
    if (nodePort !== 0) page.field('NodePort', `${shown}\t${nodePort}/${protocol}`);
    page.field('Endpoints', endpointsText(slices, name ?? ''));
  }
  page.field('Session Affinity', spec.sessionAffinity);
  if (set(spec.externalTrafficPolicy)) page.field('External Traffic Policy', spec.externalTrafficPolicy);
  if (spec.internalTrafficPolicy !== undefined) page.field('Internal Traffic Policy', spec.internalTrafficPolicy);
  if ((spec.healthCheckNodePort ?? 0) !== 0) page.field('HealthCheck NodePort', spec.healthCheckNodePort);
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) page.field('LoadBalancer Source Ranges', spec.loadBalancerSourceRanges!.join(','));
  if (spec.trafficDistribution !== undefined) page.field('Traffic Distribution', spec.trafficDistribution);
  await events();
});
