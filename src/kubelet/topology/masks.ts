/** A set of NUMA nodes, one bit each: as upstream's, what is compared is the number. */
export type NumaMask = bigint;

/** The mask of these nodes. */
export function maskOf(nodes: Iterable<number>): NumaMask {
  let mask = 0n;
  for (const node of nodes) mask |= 1n << BigInt(node);
  return mask;
}

/** The nodes of a mask, in order. */
export function nodesOf(mask: NumaMask): number[] {
  const nodes: number[] = [];
  for (let rest = mask, node = 0; rest > 0n; rest >>= 1n, node++) if ((rest & 1n) === 1n) nodes.push(node);
  return nodes;
}

export function hasNode(mask: NumaMask, node: number): boolean {
  return (mask & (1n << BigInt(node))) !== 0n;
}

export function countOf(mask: NumaMask): number {
  return nodesOf(mask).length;
}

/** Has it fewer nodes, or as many with lower numbers? */
export function isNarrower(mask: NumaMask, than: NumaMask): boolean {
  const [own, other] = [countOf(mask), countOf(than)];
  return own === other ? mask < than : own < other;
}

/** All subsets of `size`, in the order of the list. */
export function* combinations(of: readonly number[], size: number, start = 0): Generator<number[]> {
  if (size === 0) yield [];
  else for (let index = start; index <= of.length - size; index++) for (const rest of combinations(of, size - 1, index + 1)) yield [of[index]!, ...rest];
}

/** Every mask of these nodes that is not empty: those with fewer first. */
export function* masksOf(nodes: readonly number[]): Generator<NumaMask> {
  for (let size = 1; size <= nodes.length; size++) for (const some of combinations(nodes, size)) yield maskOf(some);
}
