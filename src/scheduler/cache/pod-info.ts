import { joinKey, nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { HostPort } from '../../api/pod/host-ports.ts';
import { hostPortsOf } from '../../api/pod/host-ports.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { AffinityTerms } from './affinity-term.ts';
import { affinityTermsOf } from './affinity-term.ts';
import { effectiveRequests } from './effective-requests.ts';

/** A pod with what the scheduler computes of it once. */
export interface PodInfo {
  /** The latest that was seen of it, status included. */
  readonly pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly requests: Amounts;
  /** For scoring: containers without requests count as a little. */
  readonly scoringRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly priority: number;
  readonly terms: AffinityTerms;
}

export function podInfoOf(pod: Pod): PodInfo {
  const { requests, scoring } = effectiveRequests(pod);
  return {
    pod,
    key: joinKey(namespaceOf(pod), nameOf(pod)),
    uid: uidOf(pod),
    namespace: namespaceOf(pod),
    requests,
    scoringRequests: scoring,
    hostPorts: hostPortsOf(pod),
    priority: pod.spec?.priority ?? 0,
    terms: affinityTermsOf(pod),
  };
}

/** Names of the claims that the pod's volumes use; those of ephemeral volumes follow from the names of pod and volume. */
export function claimsOf(pod: Pod): { readonly name: string; readonly ephemeral: boolean }[] {
  return (pod.spec?.volumes ?? []).flatMap((volume): { readonly name: string; readonly ephemeral: boolean }[] => {
    if (volume.persistentVolumeClaim !== undefined) return [{ name: volume.persistentVolumeClaim.claimName, ephemeral: false }];
    return volume.ephemeral === undefined ? [] : [{ name: `${nameOf(pod)}-${volume.name}`, ephemeral: true }];
  });
}
