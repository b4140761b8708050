import { semanticEqual } from '../../api/meta/equal.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { flowschemas, prioritylevelconfigurations } from '../../api/resources.ts';
import type { Timer } from '../../base/clock.ts';
import type { Reconcile } from '../bootstrap/bootstrap.ts';
import { ensure } from '../bootstrap/bootstrap.ts';
import { removeObject } from '../bootstrap/own-objects.ts';
import type { Core } from '../core.ts';
import { autoUpdateAnnotation, mandatoryLevels, mandatorySchemas, suggestedLevels, suggestedSchemas } from './bootstrap-objects.ts';

/** What has been changed is looked at this long afterwards, as often as upstream looks at everything. */
const periodMs = 60_000;

const mandatory: readonly KubeObject[] = [...mandatoryLevels, ...mandatorySchemas];
const suggested: readonly KubeObject[] = [...suggestedLevels, ...suggestedSchemas];

/** Go's strconv.ParseBool; undefined for what it refuses. */
function parseFlag(text: string | undefined): boolean | undefined {
  switch (text) {
    case '1': case 't': case 'T': case 'true': case 'TRUE': case 'True': return true;
    case '0': case 'f': case 'F': case 'false': case 'FALSE': case 'False': return false;
    default: return undefined;
  }
}

/**
 * What upstream makes of an object that it ships and that exists already. The annotation decides whether its spec is
 * kept as shipped, always so for mandatory ones; without it, a spec that nobody has ever changed is.
 */
export function reconcileShipped(expected: KubeObject, existing: KubeObject, always: boolean): KubeObject | undefined {
  const said = parseFlag(existing.metadata.annotations?.[autoUpdateAnnotation]);
  const autoUpdate = always || (said ?? existing.metadata.generation === 1);
  const spec = (object: KubeObject): unknown => (object as { spec?: unknown }).spec;
  const respec = autoUpdate && !semanticEqual(spec(expected), spec(existing));
  if (said === autoUpdate && !respec) return undefined;
  return {
    ...structuredClone(existing),
    ...(respec && { spec: structuredClone(spec(expected)) }),
    metadata: { ...structuredClone(existing.metadata), annotations: { ...existing.metadata.annotations, [autoUpdateAnnotation]: String(autoUpdate) } },
  };
}

const reconcile = (always: boolean): Reconcile => (expected, existing) => {
  const object = reconcileShipped(expected, existing, always);
  return object === undefined ? undefined : { action: 'update', object };
};

/** Objects that an earlier release shipped, and that nobody has made their own. */
function obsolete(core: Core): KubeObject[] {
  const shipped = new Set([...mandatory, ...suggested].map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const found: KubeObject[] = [];
  for (const { group, resource, kind } of [flowschemas, prioritylevelconfigurations]) {
    core.resources.storage(group, resource)?.cache.scan('', undefined, ({ object }) => {
      const { name, annotations } = object.metadata;
      if (parseFlag(annotations?.[autoUpdateAnnotation]) === true && !shipped.has(`${kind}/${name}`)) found.push(object);
      return true;
    });
  }
  return found;
}

async function ensureAll(core: Core): Promise<void> {
  await Promise.all([
    ...suggested.map((object) => ensure(core, object, reconcile(false))),
    ...mandatory.map((object) => ensure(core, object, reconcile(true))),
  ]);
  await Promise.all(obsolete(core).map((object) => removeObject(core, object)));
}

/** Makes sure of the objects that flow control ships, now and whenever they have been changed. Returns how to stop. */
export async function keepFlowControl(core: Core): Promise<() => void> {
  await ensureAll(core);
  let timer: Timer | undefined;
  let stopped = false;
  const look = (): void => {
    if (stopped) return;
    timer ??= core.clock.setTimer(periodMs, () => {
      timer = undefined;
      ensureAll(core).catch((error: unknown) => {
        core.logger.warn('the objects of API priority and fairness could not be ensured', { error });
        look();
      });
    }, { unref: true });
  };
  const undo = [flowschemas, prioritylevelconfigurations].map(({ group, resource }) => core.resources.storage(group, resource)?.cache.onChange(({ object, previous, type }) => {
    // Statuses, which the server writes itself, say nothing about what was shipped.
    if (type === 'MODIFIED' && object.object.metadata.generation === previous?.object.metadata.generation && semanticEqual(object.object.metadata.annotations, previous?.object.metadata.annotations)) return;
    look();
  }));
  return () => {
    stopped = true;
    timer?.cancel();
    for (const one of undo) one?.();
  };
}
