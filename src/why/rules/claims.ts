import { namespaceOf } from '../../api/meta/object.ts';
import { persistentvolumeclaims, persistentvolumes, storageclasses } from '../../api/resources.ts';
import type { Finding } from '../explanation.ts';
import { rule } from '../rule.ts';
import { eventEvidence } from '../wording.ts';

/** A claim without a volume. */
export const claimPending = rule('claim', persistentvolumeclaims, async (claim, { view }): Promise<Finding[]> => {
  const { metadata, spec, status } = claim;
  if (status?.phase === 'Bound' || metadata.deletionTimestamp !== undefined) return [];
  const events = await view.eventsOf(claim);
  const evidence = eventEvidence(events);
  const name = metadata.name ?? '';
  if (status?.phase === 'Lost') return [{ cause: 'claim-lost', fact: `Claim ${name} has lost its volume ${spec?.volumeName ?? ''}: what was on it is gone.`, evidence, remedy: ['Bring the volume back, or delete the claim and make it anew.'] }];
  if ((spec?.volumeName ?? '') !== '') {
    const volume = await view.get(persistentvolumes, { name: spec!.volumeName! });
    const fact = volume === undefined ? `which is not there` : `which is ${volume.status?.phase ?? 'there'}${volume.spec?.claimRef === undefined ? '' : ` and belongs to ${volume.spec.claimRef.namespace}/${volume.spec.claimRef.name}`}`;
    return [{ cause: 'claim-pending', fact: `Claim ${name} waits for the volume ${spec?.volumeName}, ${fact}.`, evidence, remedy: ['Make that volume available, or name another.'] }];
  }
  const size = spec?.resources?.requests?.['storage'] ?? '';
  const className = spec?.storageClassName;
  if (className === undefined || className === '') {
    return [{ cause: 'claim-pending', fact: `Claim ${name} is pending: it names no storage class${className === undefined ? ', there is no default one' : ''}, and no volume of ${size} with ${(spec?.accessModes ?? []).join(', ')} is free.`, evidence, remedy: ['Name a storage class (kubectl get storageclass), mark one as the default, or make a PersistentVolume that fits.'] }];
  }
  const storageClass = await view.get(storageclasses, { name: className });
  if (storageClass === undefined) return [{ cause: 'claim-pending', fact: `Claim ${name} is pending: its storage class ${className} is not there, and no volume of that class is free.`, evidence, about: { kind: 'StorageClass', namespace: '', name: className }, remedy: [`Create the storage class ${className}, or name one that there is: kubectl get storageclass`] }];
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && events[0]?.reason === 'WaitForFirstConsumer') return [{ cause: 'claim-waits', fact: `Claim ${name} waits for the first pod that uses it: so its storage class ${className} says.`, evidence, remedy: [`Create a pod in ${namespaceOf(claim)} that uses it.`] }];
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return [{ cause: 'claim-pending', fact: `Claim ${name} is pending: nobody makes volumes of class ${className}, and none of ${size} with ${(spec?.accessModes ?? []).join(', ')} is free.`, evidence, remedy: [`Make a PersistentVolume of class ${className} that fits.`] }];
  return [{ cause: 'claim-pending', fact: `Claim ${name} is pending: ${storageClass.provisioner} has not made a volume of ${size} for it yet.`, evidence, remedy: [`See that the provisioner ${storageClass.provisioner} runs, and what it says.`] }];
});
