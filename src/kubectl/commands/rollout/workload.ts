import type { LabelSelector } from '../../../api/types/meta/v1.ts';
import { KubectlError } from '../../errors.ts';
import type { AnyObject } from '../../resources/item.ts';
import { groupOf } from '../../resources/item.ts';

/** The fields of Deployments, StatefulSets and DaemonSets that rollouts look at. */
export interface Workload extends AnyObject {
  readonly metadata: NonNullable<AnyObject['metadata']> & { readonly generation?: number };
  readonly spec: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly selector?: LabelSelector;
    readonly template: PodTemplate;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  };
  readonly status?: Readonly<Record<string, unknown>> & {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly readyReplicas?: number;
    readonly currentReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
    readonly updatedNumberScheduled?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberAvailable?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

export interface PodTemplate { readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }; readonly spec?: unknown }

export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** How far a rollout is: a line for the user, and whether it is done. Throws KubectlError when it never will be. */
export function progressOf(object: Workload, revision: number): { readonly message: string; readonly done: boolean } {
  switch (object.kind) {
    case 'Deployment': return deploymentProgress(object, revision);
    case 'DaemonSet': return daemonSetProgress(object);
    case 'StatefulSet': return statefulSetProgress(object);
    default: throw new KubectlError(`no status viewer has been implemented for ${object.kind ?? ''}${groupOf(object.apiVersion) === '' ? '' : `.${groupOf(object.apiVersion)}`}`);
  }
}

const waiting = (message: string): { readonly message: string; readonly done: boolean } => ({ message: `${message}\n`, done: false });
const done = (message: string): { readonly message: string; readonly done: boolean } => ({ message: `${message}\n`, done: true });

function deploymentProgress({ metadata, spec, status = {} }: Workload, revision: number): { readonly message: string; readonly done: boolean } {
  const name = JSON.stringify(metadata.name);
  const running = Number(metadata.annotations?.[revisionAnnotation] ?? 0);
  if (revision > 0 && revision !== running) throw new KubectlError(`desired revision (${revision}) is different from the running revision (${running})`);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) return waiting('Waiting for deployment spec update to be observed...');
  if (status.conditions?.some(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded') === true) throw new KubectlError(`deployment ${name} exceeded its progress deadline`);
  const { replicas = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status;
  if (spec.replicas !== undefined && updated < spec.replicas) return waiting(`Waiting for deployment ${name} rollout to finish: ${updated} out of ${spec.replicas} new replicas have been updated...`);
  if (replicas > updated) return waiting(`Waiting for deployment ${name} rollout to finish: ${replicas - updated} old replicas are pending termination...`);
  if (available < updated) return waiting(`Waiting for deployment ${name} rollout to finish: ${available} of ${updated} updated replicas are available...`);
  return done(`deployment ${name} successfully rolled out`);
}

function daemonSetProgress({ metadata, spec, status = {} }: Workload): { readonly message: string; readonly done: boolean } {
  const name = JSON.stringify(metadata.name);
  if (spec.updateStrategy?.type !== 'RollingUpdate') throw new KubectlError('rollout status is only available for RollingUpdate strategy type');
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) return waiting('Waiting for daemon set spec update to be observed...');
  const { updatedNumberScheduled: updated = 0, desiredNumberScheduled: desired = 0, numberAvailable: available = 0 } = status;
  if (updated < desired) return waiting(`Waiting for daemon set ${name} rollout to finish: ${updated} out of ${desired} new pods have been updated...`);
  if (available < desired) return waiting(`Waiting for daemon set ${name} rollout to finish: ${available} of ${desired} updated pods are available...`);
  return done(`daemon set ${name} successfully rolled out`);
}

function statefulSetProgress({ metadata, spec, status = {} }: Workload): { readonly message: string; readonly done: boolean } {
  if (spec.updateStrategy?.type !== 'RollingUpdate') throw new KubectlError('rollout status is only available for RollingUpdate strategy type');
  if ((status.observedGeneration ?? 0) === 0 || (metadata.generation ?? 0) > (status.observedGeneration ?? 0)) return waiting('Waiting for statefulset spec update to be observed...');
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, currentReplicas: current = 0, currentRevision = '', updateRevision = '' } = status;
  if (spec.replicas !== undefined && ready < spec.replicas) return waiting(`Waiting for ${spec.replicas - ready} pods to be ready...`);
  const { rollingUpdate } = spec.updateStrategy;
  if (rollingUpdate !== undefined) {
    const wanted = spec.replicas === undefined || rollingUpdate.partition === undefined ? 0 : spec.replicas - rollingUpdate.partition;
    return updated < wanted ? waiting(`Waiting for partitioned roll out to finish: ${updated} out of ${wanted} new pods have been updated...`) : done(`partitioned roll out complete: ${updated} new pods have been updated...`);
  }
  if (updateRevision !== currentRevision) return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}...`);
  return done(`statefulset rolling update complete ${current} pods at revision ${currentRevision}...`);
}
