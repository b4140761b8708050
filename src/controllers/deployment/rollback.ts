import { nameOf } from '../../api/meta/object.ts';
import { deployments } from '../../api/resources.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts';
import type { PodTemplateSpec } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import { isCopiedAnnotation, revisionOf, rollbackAnnotation } from './annotations.ts';
import { equalIgnoringHash, podTemplateHashLabel } from './template-hash.ts';

/** The revision that somebody asked through an old API version to go back to; 0n is the one before. Undefined: nobody asks. */
export function wantedRevision({ metadata }: Deployment): bigint | undefined {
  const text = metadata.annotations?.[rollbackAnnotation];
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : BigInt(text);
}

/** The second highest revision; 0n when there is none. */
function lastRevision(sets: readonly ReplicaSet[]): bigint {
  let highest = 0n;
  let second = 0n;
  for (const revision of sets.map(revisionOf)) {
    if (revision >= highest) [second, highest] = [highest, revision];
    else if (revision > second) second = revision;
  }
  return second;
}

function withoutHash({ metadata, ...template }: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHashLabel]: _, ...labels } = metadata?.labels ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

const pick = (annotations: Readonly<Record<string, string>> | undefined, wanted: (key: string) => boolean): Record<string, string> => Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => wanted(key)));

/** Gives the deployment the template of the revision that is wanted, or says why not; the wish is taken away either way. */
export async function rollBack({ client, recorder, deployment, sets }: { readonly client: Client; readonly recorder: EventRecorder; readonly deployment: Deployment; readonly sets: readonly ReplicaSet[] }): Promise<void> {
  const { [rollbackAnnotation]: _, ...annotations } = deployment.metadata.annotations ?? {};
  const granted: Deployment = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  const giveUp = async (reason: string, message: string): Promise<void> => {
    recorder.event(deployment, 'Warning', reason, message);
    await client.update(deployments, granted);
  };
  const wanted = wantedRevision(deployment) ?? 0n;
  const revision = wanted === 0n ? lastRevision(sets) : wanted;
  if (revision === 0n) return giveUp('DeploymentRollbackRevisionNotFound', 'Unable to find last revision.');
  const set = sets.find((one) => revisionOf(one) === revision);
  if (set?.spec?.template === undefined) return giveUp('DeploymentRollbackRevisionNotFound', 'Unable to find the revision to rollback to.');
  const name = JSON.stringify(nameOf(deployment));
  if (equalIgnoringHash(set.spec.template, deployment.spec?.template)) return giveUp('DeploymentRollbackTemplateUnchanged', `The rollback revision contains the same template as current deployment ${name}`);
  // Else the annotations of the revision that is left would be copied to the one that comes back.
  const restored = { ...pick(annotations, (key) => !isCopiedAnnotation(key)), ...pick(set.metadata.annotations, isCopiedAnnotation) };
  await client.update(deployments, { ...granted, metadata: { ...granted.metadata, annotations: restored }, spec: { ...deployment.spec!, template: withoutHash(set.spec.template) } });
  recorder.event(deployment, 'Normal', 'DeploymentRollback', `Rolled back deployment ${name} to revision ${revision}`);
}
