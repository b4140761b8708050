import { findCondition, isConditionTrue } from '../../api/meta/conditions.ts';
import { nameOf } from '../../api/meta/object.ts';
import { customresourcedefinitions } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { StorageVersionMigration } from '../../api/types/storagemigration/v1beta1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';

const fieldManager = 'migration-runner-controller';

/** The definition of what is migrated; undefined for what is built in. */
async function definitionOf(client: Client, { spec }: StorageVersionMigration): Promise<CustomResourceDefinition | undefined> {
  const { group = '', resource = '' } = spec?.resource ?? {};
  try {
    return await client.get(customresourcedefinitions, { name: `${resource}.${group}` });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function writeStatus(client: Client, definition: CustomResourceDefinition, condition: { readonly status: string; readonly reason: string; readonly message: string }, { nowMs, storedVersions }: { readonly nowMs: number; readonly storedVersions?: string[] | undefined }): Promise<void> {
  const { name, resourceVersion, generation } = definition.metadata;
  const value = {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
    // Whatever happened to the definition since it was read decides what may be said of its generation.
    metadata: { name, resourceVersion },
    status: { conditions: [{ type: 'StorageMigrating', ...condition, lastTransitionTime: formatTime(nowMs), observedGeneration: generation }], ...(storedVersions !== undefined && { storedVersions }) },
  };
  await client.patch(customresourcedefinitions, { name: nameOf(definition) }, { type: 'apply', value }, { subresource: 'status', fieldManager, force: true });
}

/** Says in the definition, where there is one, that its objects are being written again. */
export async function markMigrating(client: Client, migration: StorageVersionMigration, nowMs: number): Promise<void> {
  const definition = await definitionOf(client, migration);
  if (definition !== undefined) await writeStatus(client, definition, { status: 'True', reason: 'MigrationRunning', message: `Migration ${nameOf(migration)} is running` }, { nowMs });
}

/** Says in the definition that it is over, and forgets the versions that no object has any more, unless it changed meanwhile. */
export async function markMigrated(client: Client, migration: StorageVersionMigration, nowMs: number): Promise<void> {
  const definition = await definitionOf(client, migration);
  if (definition === undefined) return;
  const mark = findCondition(definition.status?.conditions, 'StorageMigrating') as { readonly observedGeneration?: number } | undefined;
  const isSame = mark !== undefined && (mark.observedGeneration ?? 0) === (definition.metadata.generation ?? 0);
  const succeeded = isConditionTrue(migration.status?.conditions, 'Succeeded');
  const message = !succeeded ? 'The migration has failed' : `The migration has succeeded ${isSame ? 'and the stored versions have been updated' : 'but the stored versions have not been updated due to a generation mismatch'}`;
  const stored = definition.spec.versions.find(({ storage }) => storage)?.name;
  await writeStatus(client, definition, { status: 'False', reason: succeeded ? 'MigrationSucceeded' : 'MigrationFailed', message }, { nowMs, storedVersions: isSame && stored !== undefined ? [stored] : undefined });
}
