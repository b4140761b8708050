import type { Service } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';

/** What the cluster's zone is made from: look-ups that cost nothing, over informers or over test data. */
export interface Directory {
  service(namespace: string, name: string): Service | undefined;
  /** The slices of one Service. */
  slices(namespace: string, name: string): readonly EndpointSlice[];
  namespaceExists(namespace: string): boolean;
  servicesByIp(ip: string): readonly Service[];
  slicesByIp(ip: string): readonly EndpointSlice[];
}
