import { canonicalQuantity, value } from '../../api/meta/quantity.ts';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { LinuxResources } from '../../runtime/runtime.ts';
import { specOf } from '../pods/pod-spec.ts';
import type { ResourceList } from './quantities.ts';
import { podResources } from './quantities.ts';

/** Pages of one size that a machine, or a part of it, keeps ready. */
export interface HugePages { readonly pageBytes: number; readonly pages: number }

/** `hugepages-2Mi`. */
export function hugePageResource(pageBytes: number): string {
  return `hugepages-${canonicalQuantity(pageBytes % 1024 === 0 ? `${pageBytes / 1024}Ki` : String(pageBytes))}`;
}

/** What a node has of each size, in bytes. */
export function hugePageCapacity(kinds: readonly HugePages[]): Record<string, number> {
  return Object.fromEntries(kinds.map(({ pageBytes, pages }) => [hugePageResource(pageBytes), pageBytes * pages]));
}

/** `2MB`: as the kernel names the files of its cgroups. */
function kernelName(pageBytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let size = pageBytes;
  let unit = 0;
  for (; size % 1024 === 0 && unit < units.length - 1; unit++) size /= 1024;
  return `${size}${units[unit]}`;
}

/** A limit for each size that the machine has: nobody uses what it has not asked for. */
function limitsOf(kinds: readonly HugePages[], limits: ResourceList): NonNullable<LinuxResources['hugePageLimits']> {
  return kinds.map(({ pageBytes }) => ({ pageSize: kernelName(pageBytes), bytes: value(limits[hugePageResource(pageBytes)] ?? '0') }));
}

/** Of a container: its own limits, or where it has none the whole pod's, as upstream. */
export function containerHugePages(kinds: readonly HugePages[], pod: Pod, container: Container): Pick<LinuxResources, 'hugePageLimits'> {
  return kinds.length === 0 ? {} : { hugePageLimits: limitsOf(kinds, { ...specOf(pod).resources?.limits, ...container.resources?.limits }) };
}

/** Of the whole pod. */
export function podHugePages(kinds: readonly HugePages[], pod: Pod): Pick<LinuxResources, 'hugePageLimits'> {
  return kinds.length === 0 ? {} : { hugePageLimits: limitsOf(kinds, podResources(pod, 'limits')) };
}
