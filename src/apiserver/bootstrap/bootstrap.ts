import { semanticEqual } from '../../api/meta/equal.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { isReason } from '../../api/status.ts';
import { reconcileDefault } from '../authorization/bootstrap/reconcile.ts';
import type { Core } from '../core.ts';
import type { ApiServerOptions } from '../options.ts';
import { trackWrite } from '../verbs/field-manager.ts';
import { deleteObject } from '../verbs/delete-object.ts';
import { objectKey } from '../verbs/get.ts';
import { updateObject } from '../verbs/update-object.ts';
import { updateRules } from '../verbs/update-rules.ts';
import { advertisedObjects, initialObjects } from './objects.ts';
import { createOwn, homeOf, ownContext, plainDelete, serverManager } from './own-objects.ts';

const rbacPrefix = 'rbac.authorization.k8s.io/';

/** What to do with an object that exists: undefined for nothing. */
export type Reconcile = (expected: KubeObject, existing: KubeObject) => { readonly action: 'update' | 'recreate'; readonly object: KubeObject } | undefined;

/** Makes sure of everything that a cluster starts with; does nothing where it is as it should be. */
export async function bootstrap(core: Core, options: ApiServerOptions): Promise<void> {
  const objects = initialObjects(options);
  // At the same time, so that they share a commit; but what lives in a namespace comes after it.
  const isNamespace = ({ kind }: KubeObject): boolean => kind === 'Namespace';
  await Promise.all(objects.filter(isNamespace).map((object) => ensure(core, object, leave)));
  await Promise.all(objects.filter((object) => !isNamespace(object)).map((object) => ensure(core, object, leave)));
  await ensureObjects(core, options.bootstrapObjects ?? []);
  if (options.advertise !== undefined) await advertise(core, options.advertise);
}

/** Objects of other parts. Default roles and bindings get back what they lost; all others are only created. */
export async function ensureObjects(core: Core, objects: readonly KubeObject[]): Promise<void> {
  await Promise.all(objects.map((object) => ensure(core, object, reconciliationOf(object))));
}

/** Points the kubernetes Service at the server. */
export async function advertise(core: Core, where: { readonly address: string; readonly port: number }): Promise<void> {
  for (const object of advertisedObjects(where)) await ensure(core, object, replace);
}

/** Roles get back what they lost, what the server says of itself is kept right, and the rest is its owners'. */
function reconciliationOf({ apiVersion, kind, metadata }: KubeObject): Reconcile {
  if (apiVersion?.startsWith(rbacPrefix) === true) return reconcileRole;
  return kind === 'ConfigMap' && metadata.namespace === 'kube-system' && metadata.name === 'extension-apiserver-authentication' ? replace : leave;
}

const leave: Reconcile = () => undefined;

const reconcileRole: Reconcile = (expected, existing) => {
  const found = reconcileDefault(expected, existing);
  return found.action === 'none' ? undefined : { action: found.action, object: structuredClone(found.object) };
};

const replace: Reconcile = (expected, existing) => {
  const { labels } = expected.metadata;
  // No labels are not the same as an empty map of them.
  const metadata = { ...structuredClone(existing.metadata), ...(labels !== undefined && { labels: { ...existing.metadata.labels, ...labels } }) };
  const object = { ...structuredClone(existing), ...expected, metadata };
  return semanticEqual(object, existing) ? undefined : { action: 'update', object };
};

/** Makes an object that is missing; `reconcile` decides about one that exists. */
export async function ensure(core: Core, expected: KubeObject, reconcile: Reconcile): Promise<void> {
  const home = homeOf(core, expected);
  if (home === undefined) return;
  const { namespace = '', name = '' } = expected.metadata;
  const existing = home.storage.cache.get(objectKey(namespace, name))?.object;
  if (existing === undefined) {
    await createAnew(core, expected);
    return;
  }
  const wanted = reconcile(expected, existing);
  if (wanted === undefined) return;
  if (wanted.action === 'recreate') {
    await deleteObject(core, home, { namespace, name }, plainDelete, ownContext);
    await createAnew(core, wanted.object);
    return;
  }
  home.definition.applyDefaults?.(wanted.object);
  await updateObject(core, { served: home, namespace, name, subresource: '', rules: updateRules(home, '') ?? {}, allowCreate: false, desired: (current) => {
    const object = structuredClone(wanted.object);
    trackWrite(core, { name: serverManager, served: home, subresource: '' }, current, object);
    return object;
  } }, ownContext);
}

/** Another server of the same cluster may be quicker. */
async function createAnew(core: Core, object: KubeObject): Promise<void> {
  try {
    await createOwn(core, object);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
