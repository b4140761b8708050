import type { KubeObject } from '../../meta/object.ts';
import type { Endpoint, EndpointSlice } from '../../types/discovery/v1.ts';
import type { VersionRules } from '../version-rules.ts';

const zoneLabel = 'topology.kubernetes.io/zone';
const hostnameLabel = 'kubernetes.io/hostname';

/** Zone and node were labels among others. */
interface OldEndpoint extends Omit<Endpoint, 'zone' | 'deprecatedTopology'> { topology?: Record<string, string> }

function endpointToStored({ topology, ...endpoint }: OldEndpoint): Endpoint {
  if (topology === undefined) return endpoint;
  const { [zoneLabel]: zone, ...rest } = topology;
  const node = rest[hostnameLabel];
  // A hostname that is not the node's name stays where it is.
  if (node !== undefined && (endpoint.nodeName === undefined || endpoint.nodeName === node)) delete rest[hostnameLabel];
  const nodeName = endpoint.nodeName ?? node;
  return {
    ...endpoint, ...(nodeName !== undefined && { nodeName }), ...(zone !== undefined && { zone }),
    ...(Object.keys(rest).length > 0 && { deprecatedTopology: rest }),
  };
}

function endpointFromStored({ deprecatedTopology, zone, ...endpoint }: Endpoint): OldEndpoint {
  if (deprecatedTopology === undefined && zone === undefined && endpoint.nodeName === undefined) return endpoint;
  const topology: Record<string, string> = { ...deprecatedTopology, ...(zone !== undefined && { [zoneLabel]: zone }) };
  if (endpoint.nodeName !== undefined) topology[hostnameLabel] ||= endpoint.nodeName;
  return Object.keys(topology).length > 0 ? { ...endpoint, topology } : endpoint;
}

function withEndpoints<From, To>(object: KubeObject, convert: (endpoint: From) => To): KubeObject {
  const { endpoints } = object as EndpointSlice;
  if ((endpoints as unknown) === undefined) return object;
  return { ...object, endpoints: (endpoints as From[]).map(convert) } as KubeObject;
}

export const endpointSliceRules: VersionRules = {
  toStored: (object) => withEndpoints<OldEndpoint, Endpoint>(object, endpointToStored),
  fromStored: (object) => withEndpoints<Endpoint, OldEndpoint>(object, endpointFromStored),
};
