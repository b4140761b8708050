import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { groupResourceOf } from '../../api/resource-type.ts';
import { storageversionmigrations } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { StorageVersionMigration } from '../../api/types/storagemigration/v1beta1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import type { ServedResource } from '../common/discovery.ts';
import { discover } from '../common/discovery.ts';
import { messageOf } from '../common/errors.ts';
import { hasEnded, isRunning, withCondition } from './conditions.ts';
import { markMigrated, markMigrating } from './definitions.ts';
import { Refused, rewriteAll } from './rewrite.ts';

const identity = 'storage-version-migrator-controller';
const verbs = ['update', 'patch', 'list'];
/** A resource may have been defined just now. */
const discoveryMs = 60_000;
/** A namespace that nobody has: a list of it costs nothing and tells the revision. */
const nowhere = 'fake-svm-namespace-for-resource-version';

const resourceOf = ({ spec }: StorageVersionMigration): string => (spec === undefined ? '' : groupResourceOf({ group: spec.resource.group ?? '', resource: spec.resource.resource }));
const isOlder = (a: StorageVersionMigration, b: StorageVersionMigration): boolean => {
  const [atA, atB] = [a, b].map(({ metadata }) => parseTime(metadata.creationTimestamp ?? '') ?? 0) as [number, number];
  return atA < atB || (atA === atB && nameOf(a) < nameOf(b));
};

/**
 * Writes all objects of a resource again, as StorageVersionMigrations ask for it, one migration of a resource at a time.
 * It does nothing where the API server does not serve them, which is so by default.
 */
export async function startStorageVersionMigrator(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  if (!(await isServed(context))) return;
  const migrations = informers.informer(storageversionmigrations);
  const resourceQueue = new WorkQueue({ clock });
  const queue = new WorkQueue({ clock });
  const seen = (migration: StorageVersionMigration): void => {
    resourceQueue.add(resourceOf(migration));
    queue.add(nameOf(migration));
  };
  migrations.addHandler({ add: seen, update: (_old, migration) => seen(migration), delete: (migration) => resourceQueue.add(resourceOf(migration)) });
  const write = (migration: StorageVersionMigration): Promise<unknown> => client.update(storageversionmigrations, migration, { subresource: 'status' });

  /** Ends what has ended, and lets the oldest of those that wait begin. */
  const promote = async (resource: string): Promise<void> => {
    const all = migrations.lister.list().filter((migration) => resourceOf(migration) === resource);
    for (const migration of all.filter((one) => isRunning(one) && hasEnded(one))) {
      await markMigrated(client, migration, clock.now());
      await write(withCondition(migration, { type: 'Running', status: 'False', reason: 'MigrationCompleted', message: 'Migration completed', nowMs: clock.now() }));
    }
    if (all.some((one) => isRunning(one) && !hasEnded(one))) return;
    const next = all.filter((one) => !isRunning(one) && !hasEnded(one)).reduce<StorageVersionMigration | undefined>((oldest, one) => (oldest === undefined || isOlder(one, oldest) ? one : oldest), undefined);
    if (next === undefined) return;
    await markMigrating(client, next, clock.now());
    await write(withCondition(next, { type: 'Running', reason: 'MigrationRunning', message: 'The migration is running', nowMs: clock.now() }));
  };

  const fail = (migration: StorageVersionMigration, message: string): Promise<unknown> => write(withCondition(migration, { type: 'Failed', reason: 'StorageVersionMigrationFailed', message, nowMs: clock.now() }));
  const reconcile = async (name: string): Promise<void> => {
    const migration = migrations.lister.get('', name);
    if (migration === undefined || !isRunning(migration) || hasEnded(migration)) return;
    const wanted = resourceOf(migration);
    const found: ServedResource | undefined = (await discover(client)).resources.find((one) => groupResourceOf(one) === wanted);
    if (found === undefined) {
      if ((parseTime(migration.metadata.creationTimestamp ?? '') ?? 0) + discoveryMs > clock.now()) throw new Error('resource does not exist in our rest mapper, requeuing to attempt again');
      await fail(migration, 'resource does not exist in discovery');
      return;
    }
    if (!verbs.every((verb) => found.verbs.includes(verb))) {
      const { group, version, resource } = found;
      await fail(migration, `resource ${JSON.stringify(`${group}/${version}, Resource=${resource}`)} does not support discovery operations: [${verbs.join(' ')}]`);
      return;
    }
    const revision = migration.status?.resourceVersion ?? '';
    if (revision === '') {
      const { resourceVersion } = await client.list(found, found.namespaced ? { namespace: nowhere } : {}, { limit: 1 });
      await write({ ...migration, status: { ...migration.status, resourceVersion } });
      return;
    }
    try {
      await rewriteAll({ client, resource: found, revision, fieldManager: identity });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await fail(migration, `migration encountered unhandled error: ${messageOf(error)}`);
      return;
    }
    await write(withCondition(migration, { type: 'Succeeded', reason: 'StorageVersionMigrationSucceeded', message: '', nowMs: clock.now() }));
  };
  runController({ name: 'migration-runner-controller', clock, logger, signal, informers: [migrations], queue: resourceQueue, reconcile: promote, workers: 1 });
  runController({ name: identity, clock, logger, signal, informers: [migrations], queue, reconcile });
}

async function isServed({ client, logger }: ControllerContext): Promise<boolean> {
  try {
    await client.raw('GET', '/apis/storagemigration.k8s.io/v1beta1');
    return true;
  } catch (error) {
    if (!isReason(error, 'NotFound')) logger.warn('whether storage versions can be migrated is not known', { error });
    return false;
  }
}
