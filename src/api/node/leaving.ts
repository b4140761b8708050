import type { Node } from '../types/core/v1.ts';

/** The cluster autoscaler's mark on nodes that it is about to remove. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler';

/** Is the node being deleted, or about to be? Load balancers send nothing new there. */
export const isLeaving = ({ metadata, spec }: Node): boolean => metadata.deletionTimestamp !== undefined || spec?.taints?.some(({ key }) => key === toBeDeletedTaint) === true;
