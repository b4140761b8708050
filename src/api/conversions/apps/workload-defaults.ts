/** What workloads of extensions/v1beta1, apps/v1beta1 and apps/v1beta2 left to the server, where apps/v1 does not. */
import type { KubeObject } from '../../meta/object.ts';
import type { Loose } from '../../meta/loose.ts';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../types/apps/v1.ts';

/** "No limit" of a 32-bit field. */
const unlimited = 2_147_483_647;

/** A missing selector, and missing labels, are those of the pod template. */
function defaultFromTemplate({ metadata, spec }: Loose<Deployment> | Loose<ReplicaSet> | Loose<StatefulSet> | Loose<DaemonSet>): void {
  const labels = spec?.template?.metadata?.labels;
  if (spec === undefined || labels === undefined) return;
  spec.selector ??= { matchLabels: { ...labels } };
  if (metadata !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** extensions/v1beta1: one pod at a time, no deadline, the whole history. */
export function defaultExtensionsDeployment(object: KubeObject): void {
  const deployment = object as Loose<Deployment>;
  const spec = (deployment.spec ??= {});
  defaultFromTemplate(deployment);
  const strategy = (spec.strategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate' || strategy.rollingUpdate !== undefined) {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= 1;
    rollingUpdate.maxSurge ??= 1;
  }
  spec.progressDeadlineSeconds ??= unlimited;
  spec.revisionHistoryLimit ??= unlimited;
}

/** apps/v1beta1: what extensions did not have, and a history of two. */
export function defaultOldDeployment(object: KubeObject): void {
  const deployment = object as Loose<Deployment>;
  (deployment.spec ??= {}).revisionHistoryLimit ??= 2;
  defaultFromTemplate(deployment);
}

/** extensions/v1beta1 */
export function defaultExtensionsReplicaSet(object: KubeObject): void {
  defaultFromTemplate(object as Loose<ReplicaSet>);
}

/** extensions/v1beta1: pods are replaced when somebody deletes them. */
export function defaultExtensionsDaemonSet(object: KubeObject): void {
  const daemonSet = object as Loose<DaemonSet>;
  const spec = (daemonSet.spec ??= {});
  defaultFromTemplate(daemonSet);
  (spec.updateStrategy ??= {}).type ||= 'OnDelete';
}

/** apps/v1beta1: as daemon sets of extensions. */
export function defaultOldStatefulSet(object: KubeObject): void {
  const statefulSet = object as Loose<StatefulSet>;
  const spec = (statefulSet.spec ??= {});
  defaultFromTemplate(statefulSet);
  (spec.updateStrategy ??= {}).type ||= 'OnDelete';
}
