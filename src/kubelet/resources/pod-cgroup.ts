import { uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { LinuxResources } from '../../runtime/runtime.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { podHugePages } from './huge-pages.ts';
import { podLinuxResources, unthrottled } from './linux-resources.ts';

/** Limits of the pod's own cgroup on this node: without a quota where containers of it have processors of their own, as upstream. */
export function podCgroupResources({ machine, resourceManagers }: KubeletContext, pod: Pod): LinuxResources {
  const resources = { ...podLinuxResources(pod), ...podHugePages(machine.hugePages, pod) };
  return resourceManagers.isUnthrottled(uidOf(pod)) ? unthrottled(resources) : resources;
}
