import { isExtendedResource } from '../../api/pod/validation/resource-names.ts';
import type { NodeStatus } from '../../api/types/core/v1.ts';

/** The capacity that an administrator has announced: what is written that the kubelet does not know of. */
export function announced(written: NodeStatus | undefined, own: NodeStatus | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(written?.capacity ?? {}).filter(([name]) => own?.capacity?.[name] === undefined));
}

/** What has to change in what can be allocated so that what was announced can, and what is announced no longer cannot (null); undefined: nothing. */
export function toMirror(written: NodeStatus | undefined, own: NodeStatus | undefined): Readonly<Record<string, string | null>> | undefined {
  const wanted: Record<string, string | null> = announced(written, own);
  const { capacity, allocatable = {} } = written ?? {};
  for (const name in wanted) if (wanted[name] === allocatable[name]) delete wanted[name];
  for (const name in allocatable) if (capacity?.[name] === undefined && own?.allocatable?.[name] === undefined && isExtendedResource(name)) wanted[name] = null;
  return Object.keys(wanted).length === 0 ? undefined : wanted;
}
