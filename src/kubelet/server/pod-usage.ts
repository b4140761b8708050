import type { Pod } from '../../api/types/core/v1.ts';
import type { CgroupUsage } from '../host.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import { podCgroupParent } from '../resources/linux-resources.ts';

/** What a pod has used as a whole, with the network of its sandbox; undefined where it has no cgroup to tell. */
export async function podUsage({ cgroupRoot, host }: KubeletContext, pod: Pod, state: PodRuntimeState | undefined): Promise<CgroupUsage | undefined> {
  const parent = podCgroupParent(cgroupRoot, pod);
  const [usage, sandbox] = await Promise.all([host.cgroups.usage(parent), state?.sandbox === undefined ? undefined : host.cgroups.usage(`${parent}/${state.sandbox.id}`)]);
  // A pod on the machine's network has none of its own to tell of.
  return usage && { ...usage, interfaces: pod.spec?.hostNetwork === true ? [] : sandbox?.interfaces ?? [] };
}
