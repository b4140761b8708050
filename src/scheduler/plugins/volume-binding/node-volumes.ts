import { compareQuantity } from '../../../api/meta/quantity.ts';
import { nameOf } from '../../../api/meta/object.ts';
import { classOfClaim, findMatchingVolume, fitsNode, noProvisioner, selectedNode } from '../../../api/storage/persistent-volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../api/types/core/v1.ts';
import type { CSIStorageCapacity, StorageClass } from '../../../api/types/storage/v1.ts';
import { selectorFrom } from '../../cache/affinity-term.ts';
import type { Listers } from '../../framework/listers.ts';
import type { AssumeCache } from './assume-cache.ts';
import type { PodClaims } from './pod-claims.ts';

export const reasons = {
  nodeConflict: "node(s) didn't match PersistentVolume's node affinity",
  bindConflict: "node(s) didn't find available persistent volumes to bind",
  notEnoughSpace: 'node(s) did not have enough free storage',
  volumeMissing: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
} as const;

/** What is to be done so that the pod's volumes are on a node. */
export interface NodeVolumes {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provisions: readonly PersistentVolumeClaim[];
}

type Sources = Pick<Listers, 'storageClasses' | 'csiDrivers' | 'csiStorageCapacities'> & { readonly volumes: AssumeCache<PersistentVolume> };

const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.['storage'] ?? '0';

/** Could the pod's volumes be on this node, and what would be to do; or why not. Throws when a claim's class is gone. */
export function nodeVolumes(claims: PodClaims, node: Node, sources: Sources): NodeVolumes | readonly string[] {
  const problems: string[] = [];
  for (const { spec } of claims.bound) {
    const volume = sources.volumes.get(spec?.volumeName ?? '');
    const problem = volume === undefined ? reasons.volumeMissing : fitsNode(volume, node) ? undefined : reasons.nodeConflict;
    if (problem === undefined) continue;
    problems.push(problem);
    break;
  }
  const delayed = bindDelayed(claims, node, sources);
  if ('problem' in delayed) problems.push(delayed.problem);
  // Reasons are told in the order in which upstream tells them.
  if (problems.length > 0) return Object.values(reasons).filter((reason) => problems.includes(reason));
  return delayed as NodeVolumes;
}

function bindDelayed({ delayed, volumes }: PodClaims, node: Node, sources: Sources): NodeVolumes | { readonly problem: string } {
  const provisions: PersistentVolumeClaim[] = [];
  const open: PersistentVolumeClaim[] = [];
  for (const claim of delayed) {
    const chosen = claim.metadata.annotations?.[selectedNode];
    if (chosen === undefined) open.push(claim);
    else if (chosen === nameOf(node)) provisions.push(claim);
    else return { problem: reasons.bindConflict };
  }
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const taken = new Set<string>();
  // The smallest first, so that each gets the smallest that fits.
  for (const claim of open.toSorted((a, b) => compareQuantity(sizeOf(a), sizeOf(b)))) {
    const volume = findMatchingVolume(claim, volumes.get(classOfClaim(claim)) ?? [], { node, taken, delayed: true });
    if (volume === undefined) provisions.push(claim);
    else {
      taken.add(nameOf(volume));
      bindings.push({ claim, volume });
    }
  }
  for (const claim of provisions) {
    const problem = cannotProvision(claim, node, sources);
    if (problem !== undefined) return { problem };
  }
  return { bindings, provisions };
}

/** Why no volume can be made for the claim on the node. */
function cannotProvision(claim: PersistentVolumeClaim, node: Node, { storageClasses, csiDrivers, csiStorageCapacities }: Sources): string | undefined {
  const className = classOfClaim(claim);
  if (className === '') throw new Error(`no class for claim ${JSON.stringify(`${claim.metadata.namespace ?? ''}/${claim.metadata.name ?? ''}`)}`);
  const storageClass = storageClasses.get('', className);
  if (storageClass === undefined) throw new Error(`failed to find storage class ${JSON.stringify(className)}`);
  if (storageClass.provisioner === '' || storageClass.provisioner === noProvisioner || !isAllowed(storageClass, node)) return reasons.bindConflict;
  if (claim.spec?.resources?.requests?.['storage'] === undefined || csiDrivers.get('', storageClass.provisioner)?.spec.storageCapacity !== true) return undefined;
  const enough = csiStorageCapacities.list().some((capacity) => capacity.storageClassName === className && compareQuantity(limitOf(capacity), sizeOf(claim)) >= 0 && capacity.nodeTopology !== undefined && selectorFrom(capacity.nodeTopology).matches(node.metadata.labels));
  return enough ? undefined : reasons.notEnoughSpace;
}

/** The largest volume that can be made; its exact bound, where that is told, or what is left. */
export const limitOf = ({ maximumVolumeSize, capacity }: CSIStorageCapacity): string => maximumVolumeSize ?? capacity ?? '-1';

/** Do the class's allowed topologies include the node? */
function isAllowed({ allowedTopologies = [] }: StorageClass, { metadata: { labels } }: Node): boolean {
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) => matchLabelExpressions.every(({ key, values }) => values.includes(labels?.[key] ?? '')) && matchLabelExpressions.length > 0);
}
