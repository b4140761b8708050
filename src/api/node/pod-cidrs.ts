import type { Node } from '../types/core/v1.ts';

/** The ranges of the node's pods, one of each family; none before it has been given any. */
export const podCidrsOf = ({ spec }: Node): readonly string[] => spec?.podCIDRs ?? (spec?.podCIDR === undefined || spec.podCIDR === '' ? [] : [spec.podCIDR]);
