import { semanticEqual } from '../../meta/equal.ts';
import { warningsForIp } from '../../meta/ip.ts';
import { dns1123Subdomain } from '../../meta/validation.ts';
import { endpointslices } from '../../resources.ts';
import type { EndpointSlice } from '../../types/discovery/v1.ts';
import { ageColumn, column, listWithMore, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration } from '../strategy.ts';
import { validateEndpointSlice } from './endpoint-slice-validation.ts';

const hostnameLabel = 'kubernetes.io/hostname';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
/** They write addresses in canonical form. */
const ownControllers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];

/** Version 1 has no topology: what is written there is dropped, but a node that only stood there becomes the endpoint's. In place. */
function dropTopology(object: EndpointSlice, old: EndpointSlice | undefined): void {
  const endpoints = (object.endpoints as EndpointSlice['endpoints'] | undefined) ?? [];
  if (!endpoints.some(({ deprecatedTopology }) => deprecatedTopology !== undefined) || (old !== undefined && semanticEqual(old.endpoints, endpoints))) return;
  const nodes = new Set((old?.endpoints ?? []).map(({ deprecatedTopology }) => deprecatedTopology?.[hostnameLabel]));
  for (const endpoint of endpoints) {
    const node = endpoint.deprecatedTopology?.[hostnameLabel];
    if (endpoint.nodeName === undefined && node !== undefined && nodes.has(node) && dns1123Subdomain(node).length === 0) endpoint.nodeName = node;
    delete endpoint.deprecatedTopology;
  }
}

function warningsOf({ metadata, addressType, endpoints = [] }: EndpointSlice, old: EndpointSlice | undefined): string[] {
  const deprecated = old === undefined && addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [];
  if (ownControllers.includes(metadata.labels?.[managedByLabel] ?? '')) return deprecated;
  return [...deprecated, ...endpoints.flatMap(({ addresses }, i) => (addresses as string[] | undefined ?? []).flatMap((address, j) => warningsForIp(`endpoints[${i}].addresses[${j}]`, address)))];
}

/** Some of the endpoints of a Service. */
export const endpointSliceDefinition: ResourceDefinition<EndpointSlice> = {
  type: endpointslices,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    dropTopology(object, undefined);
  },
  validate: (object) => validateEndpointSlice(object),
  update: {
    prepareForUpdate(object, old) {
      bumpGeneration(object, old);
      const generation = old.metadata.generation ?? 0;
      // Labels say whose endpoints these are: they count.
      if (!semanticEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {})) object.metadata.generation = generation + 1;
      dropTopology(object, old);
    },
    validateUpdate: validateEndpointSlice,
  },
  warnings: warningsOf,
  columns: [
    nameColumn,
    column('AddressType', ({ addressType }) => addressType),
    column('Ports', ({ ports = [] }) => listWithMore(ports.map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port))))),
    column('Endpoints', ({ endpoints = [] }) => listWithMore(endpoints.flatMap(({ addresses }) => addresses))),
    ageColumn,
  ],
};
