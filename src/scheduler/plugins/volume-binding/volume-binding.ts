import { compareQuantity } from '../../../api/meta/quantity.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import { boundVolume, isFullyBound, selectedNode } from '../../../api/storage/persistent-volumes.ts';
import type { Node, PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Client } from '../../../client/client.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { claimsOf } from '../../cache/pod-info.ts';
import type { Listers } from '../../framework/listers.ts';
import type { Plugin } from '../../framework/plugin.ts';
import type { Refusal } from '../../framework/verdict.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { AssumeCache } from './assume-cache.ts';
import { bindVolumes } from './bind-volumes.ts';
import type { NodeVolumes } from './node-volumes.ts';
import { limitOf, nodeVolumes } from './node-volumes.ts';
import type { PodClaims } from './pod-claims.ts';
import { claimProblem, claimsByState } from './pod-claims.ts';

export interface VolumeBindingArgs {
  /** How long binding may take. Default 600. */
  readonly bindTimeoutSeconds?: number;
}

interface State {
  readonly claims: PodClaims;
  /** What would be to do on each node that fits. */
  readonly byNode: Map<string, { readonly node: Node; readonly volumes: NodeVolumes }>;
  /** What was decided. */
  reserved?: { readonly node: Node; readonly volumes: NodeVolumes };
}

/** Refusals are few; each is made once. */
const refusals = new Map<string, Refusal>();

function refusal(reasons: readonly string[]): Refusal {
  const key = reasons.join('|');
  const known = refusals.get(key) ?? refuseForGood(...reasons);
  refusals.set(key, known);
  return known;
}

/** Where a CSINode tells which kinds of volumes its drivers have taken over from the kubelet. */
const migratedPlugins = 'storage.alpha.kubernetes.io/migrated-plugins';
const unboundImmediate = refuseForGood('pod has unbound immediate PersistentVolumeClaims');
const uses = ({ pod, namespace }: PodInfo, claim: PersistentVolumeClaim): boolean => claim.metadata.namespace === namespace && claimsOf(pod).some(({ name }) => name === claim.metadata.name);

/**
 * The volumes of a pod's claims are, or can be made, where the pod is going to run; those of classes that wait for the
 * first consumer are bound with the pod.
 */
export function volumeBinding({ bindTimeoutSeconds = 600 }: VolumeBindingArgs, { listers, client, clock }: { readonly listers: Listers; readonly client: Client; readonly clock: Clock }): Plugin<State> {
  const claims = new AssumeCache(listers.persistentVolumeClaims);
  const volumes = new AssumeCache(listers.persistentVolumes);
  // By name: to spread the listers would look at all of them, which starts those that few clusters need or serve.
  const sources = { volumes, storageClasses: listers.storageClasses, csiDrivers: listers.csiDrivers, csiStorageCapacities: listers.csiStorageCapacities };
  const revert = ({ bindings, provisions }: NodeVolumes): void => {
    for (const { volume } of bindings) volumes.restore(volume);
    for (const claim of provisions) claims.restore(claim);
  };
  return {
    name: 'VolumeBinding',
    prepare(pod) {
      if (claimsOf(pod.pod).length === 0) return { skip: true };
      const problem = claimProblem(pod, listers.persistentVolumeClaims);
      if (problem !== undefined) return { refused: refuseForGood(problem) };
      const sorted = claimsByState(pod, { claims, volumes, classes: listers.storageClasses });
      return sorted.immediate.length > 0 ? { refused: unboundImmediate } : { state: { claims: sorted, byNode: new Map() } };
    },
    filter(_pod, { name, node }, state) {
      if (state === undefined) return undefined;
      const found = nodeVolumes(state.claims, node, sources);
      if (!('bindings' in found)) return refusal(found);
      state.byNode.set(name, { node, volumes: found });
      return undefined;
    },
    reserve(_pod, nodeName, state) {
      const found = state?.byNode.get(nodeName);
      if (state === undefined || found === undefined || state.claims.delayed.every((claim) => isFullyBound(claim))) return undefined;
      const bindings = found.volumes.bindings.map(({ claim, volume }) => ({ claim, volume: boundVolume(volume, claim) }));
      const provisions = found.volumes.provisions.map((claim) => ({ ...claim, metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [selectedNode]: nodeName } } }));
      for (const { volume } of bindings) volumes.assume(volume);
      for (const claim of provisions) claims.assume(claim);
      state.reserved = { node: found.node, volumes: { bindings, provisions } };
      return undefined;
    },
    unreserve(_pod, _nodeName, state) {
      if (state?.reserved !== undefined) revert(state.reserved.volumes);
    },
    preBind(_pod, _nodeName, state) {
      const reserved = state?.reserved;
      if (reserved === undefined) return undefined;
      return (signal) => bindVolumes(reserved.volumes, { client, clock, claims: listers.persistentVolumeClaims, volumes: listers.persistentVolumes, node: reserved.node, timeoutMs: bindTimeoutSeconds * 1000, signal });
    },
    wakes: {
      StorageClassAdd: true,
      StorageClassUpdate: (_pod, { old, object }) => !semanticEqual(old.allowedTopologies, object.allowedTopologies),
      PersistentVolumeClaimAdd: (pod, { object }) => uses(pod, object),
      PersistentVolumeClaimUpdate: (pod, { object }) => uses(pod, object),
      PersistentVolumeAdd: true,
      PersistentVolumeUpdate: true,
      NodeAdd: true,
      NodeUpdateLabel: true,
      CSINodeAdd: true,
      CSINodeUpdate: (_pod, { old, object }) => old.metadata.annotations?.[migratedPlugins] !== object.metadata.annotations?.[migratedPlugins],
      CSIDriverUpdate: ({ pod }, { old, object }) => old.spec.storageCapacity === true && object.spec.storageCapacity !== true && pod.spec?.volumes?.some(({ csi }) => csi?.driver === object.metadata.name) === true,
      CSIStorageCapacityAdd: true,
      CSIStorageCapacityUpdate: (_pod, { old, object }) => compareQuantity(limitOf(object), limitOf(old)) > 0,
    },
  };
}
