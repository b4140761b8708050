import type { KubeObject } from '../../api/meta/object.ts';
import { isReason } from '../../api/status.ts';
import type { Core } from '../core.ts';
import type { ApiServerOptions } from '../options.ts';
import { createObject } from '../verbs/create.ts';

const user = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What must exist before anything else. */
function initialObjects(options: ApiServerOptions): KubeObject[] {
  return [
    ...namespaces.map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...(options.bootstrapObjects ?? []),
  ];
}

/** Creates what is missing of the objects that must exist. What exists stays as it is. */
export async function ensureBootstrapObjects(core: Core, options: ApiServerOptions): Promise<void> {
  for (const object of initialObjects(options)) {
    const [group = '', version = ''] = object.apiVersion!.includes('/') ? object.apiVersion!.split('/', 2) : ['', object.apiVersion];
    const served = core.resources.byKind(group, version, object.kind!);
    if (served?.storage === undefined) throw new Error(`bootstrap: ${object.kind} in ${object.apiVersion} is not stored`);
    const stored = served as Parameters<typeof createObject>[1];
    const { namespace = '', name = '' } = object.metadata;
    if (stored.storage.cache.get(namespace === '' ? name : `${namespace}/${name}`) !== undefined) continue;
    const copy = structuredClone(object);
    served.definition?.applyDefaults?.(copy);
    try {
      await createObject(core, stored, copy, { user, dryRun: false, warn: () => {} });
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
  }
}
