import type { ReplicaSet } from '../../../../api/types/apps/v1.ts';
import { describer } from '../describer.ts';
import { writeReplicas } from '../replicas.ts';

export default describer<ReplicaSet>('apps/v1', (set, describing) => writeReplicas(set, set.spec?.selector, describing));
