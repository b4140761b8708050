import { podgroups } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { FeatureGateSettings } from '../apiserver/serving/feature-gates.ts';
import { featureGates } from '../apiserver/serving/feature-gates.ts';
import type { Client } from '../client/client.ts';
import type { SchedulerFeatures } from '../scheduler/config/settings.ts';

/** What the feature gates make of pod groups. Throws for gates that cannot be. */
export function podGroupFeatures(settings: FeatureGateSettings | undefined): SchedulerFeatures {
  const enabled = featureGates(settings);
  return { podGroups: enabled('GenericWorkload'), gangs: enabled('GangScheduling') };
}

/** Rejects where pods are to be scheduled in groups that the API server does not serve: who waits to see them would wait for ever, as upstream's components do. */
export async function expectPodGroups({ podGroups }: SchedulerFeatures, client: Client): Promise<void> {
  if (!podGroups) return;
  await client.list(podgroups, {}, { limit: 1 }).catch((error: unknown) => {
    // Whatever else is wrong will be tried again.
    if (isReason(error, 'NotFound')) throw new Error('the feature gate GenericWorkload wants an API that is not served: --runtime-config scheduling.k8s.io/v1alpha2=true', { cause: error });
  });
}
