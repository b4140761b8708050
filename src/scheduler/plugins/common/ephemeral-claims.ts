import { controllerOf } from '../../../api/meta/object.ts';
import type { PersistentVolumeClaim, Pod } from '../../../api/types/core/v1.ts';

/** Was the claim made for this pod's ephemeral volume? One of the same name that somebody made is not. */
export const isOwnedBy = (claim: PersistentVolumeClaim, pod: Pod): boolean => controllerOf(claim)?.uid === pod.metadata.uid;
