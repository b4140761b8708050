import type { ReplicationController } from '../../../../api/types/core/v1.ts';
import { describer } from '../describer.ts';
import { writeReplicas } from '../replicas.ts';

export default describer<ReplicationController>('v1', (controller, describing) => {
  const { matchLabels } = { matchLabels: controller.spec?.selector };
  return writeReplicas(controller, matchLabels === undefined ? undefined : { matchLabels }, describing);
});
