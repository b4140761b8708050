import type { KubeObject } from '../../../src/api/meta/object.ts';
import { controllerOf, namespaceOf } from '../../../src/api/meta/object.ts';
import type { ResourceType } from '../../../src/api/resource-type.ts';
import { cronjobs, daemonsets, deployments, jobs, namespaces, nodes, pods, replicasets, resourcequotas, statefulsets } from '../../../src/api/resources.ts';
import { isReason } from '../../../src/api/status.ts';
import type { PodTemplateSpec } from '../../../src/api/types/core/v1.ts';
import type { UserContext } from './operation.ts';
import { badImage, goodImages, refOf } from './operation.ts';

const isBroken = (template: PodTemplateSpec): boolean => template.spec?.containers[0]?.image === badImage;

/** What people do when the storm is over: nothing is left paused, cordoned, or with an image that does not exist. */
export async function repair({ client, clock, history }: UserContext): Promise<void> {
  async function each<T extends KubeObject>(type: ResourceType<T>, change: (object: T) => boolean): Promise<void> {
    for (const found of (await client.list(type, {})).items) {
      if (namespaceOf(found).startsWith('kube-')) continue;
      for (;;) {
        try {
          const object = structuredClone(await client.get(type, refOf(found)));
          if (change(object)) await client.update(type, object);
          break;
        } catch (error) {
          if (isReason(error, 'NotFound')) break;
          if (!isReason(error, 'Conflict')) throw error;
        }
      }
    }
  }
  const mend = ({ spec }: { readonly spec?: { readonly template: PodTemplateSpec } }): boolean => {
    if (spec === undefined || !isBroken(spec.template)) return false;
    spec.template.spec!.containers[0]!.image = goodImages[0];
    return true;
  };
  await each(resourcequotas, ({ metadata }) => { void client.delete(resourcequotas, refOf({ metadata })).catch(() => {}); return false; });
  await each(nodes, ({ spec }) => {
    const changed = spec!.unschedulable === true || spec!.taints?.some(({ key }) => key === 'trouble') === true;
    delete spec!.unschedulable;
    spec!.taints = (spec!.taints ?? []).filter(({ key }) => key !== 'trouble');
    return changed;
  });
  await each(deployments, (deployment) => {
    const paused = deployment.spec!.paused === true;
    delete deployment.spec!.paused;
    return mend(deployment) || paused;
  });
  await each(daemonsets, mend);
  await each(statefulsets, (set) => {
    // A partition keeps pods below it at the revision that was current, whose image may be one that does not exist.
    const strategy = set.spec!.updateStrategy;
    const changed = (strategy?.rollingUpdate?.partition ?? 0) > 0;
    if (changed) set.spec!.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
    return mend(set) || changed;
  });
  // Before jobs are looked at: they make some, suspended as their template has it, and one may be under way.
  await each(cronjobs, ({ spec }) => {
    const changed = spec!.suspend !== true;
    spec!.suspend = true;
    return changed;
  });
  await clock.sleep(1000);
  await each(jobs, ({ spec }) => {
    const changed = spec!.suspend === true || spec!.parallelism === 0;
    spec!.suspend = false;
    if (spec!.parallelism === 0) spec!.parallelism = 1;
    return changed;
  });
  // What a deployment that is gone has left behind is nobody's to mend.
  for (const set of (await client.list(replicasets, {})).items) {
    if (controllerOf(set) === undefined && set.spec?.template !== undefined && isBroken(set.spec.template)) await client.delete(replicasets, refOf(set)).catch(() => {});
  }
  // A stateful set does not replace a pod that never became ready, and what has no owner is nobody's to repair.
  for (const pod of (await client.list(pods, {})).items) {
    if (pod.spec?.containers[0]?.image === badImage) await client.delete(pods, refOf(pod)).catch(() => {});
  }
  for (const namespace of history.objects('core/namespaces').values()) {
    const { name } = namespace.metadata;
    if (name!.startsWith('passing-')) await client.delete(namespaces, { name: name! }).catch(() => {});
  }
}
