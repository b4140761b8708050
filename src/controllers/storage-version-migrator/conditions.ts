import { isConditionTrue } from '../../api/meta/conditions.ts';
import type { Condition } from '../../api/types/meta/v1.ts';
import type { StorageVersionMigration } from '../../api/types/storagemigration/v1beta1.ts';
import { formatTime } from '../../base/clock.ts';

export const isRunning = ({ status }: StorageVersionMigration): boolean => isConditionTrue(status?.conditions, 'Running');
export const hasEnded = ({ status }: StorageVersionMigration): boolean => isConditionTrue(status?.conditions, 'Succeeded') || isConditionTrue(status?.conditions, 'Failed');

/** The migration with the condition in place of the one of its type. The time stays where the status did not change. */
export function withCondition(migration: StorageVersionMigration, { type, status = 'True', reason, message, nowMs }: { readonly type: 'Running' | 'Succeeded' | 'Failed'; readonly status?: 'True' | 'False'; readonly reason: string; readonly message: string; readonly nowMs: number }): StorageVersionMigration {
  const conditions = migration.status?.conditions ?? [];
  const known = conditions.find((one) => one.type === type);
  const lastTransitionTime = known?.status === status && known.lastTransitionTime !== undefined ? known.lastTransitionTime : formatTime(nowMs);
  const condition: Condition = { type, status, reason, message, lastTransitionTime };
  return { ...migration, status: { ...migration.status, conditions: known === undefined ? [...conditions, condition] : conditions.map((one) => (one === known ? condition : one)) } };
}
