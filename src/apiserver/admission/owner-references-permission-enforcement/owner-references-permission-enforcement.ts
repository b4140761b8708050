import { semanticEqual } from '../../../api/meta/equal.ts';
import type { ResourceType } from '../../../api/resource-type.ts';
import type { OwnerReference } from '../../../api/types/meta/v1.ts';
import type { Attributes, Decision } from '../../authorization/authorizer.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';

interface Parts {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
  /** The resources that serve a kind. */
  resourcesOf(group: string, version: string, kind: string): readonly Omit<ResourceType<unknown>, 'kind'>[];
}

/** References that hold their owner's deletion up, and did not before. */
function newBlocking({ object, oldObject }: AdmissionAttributes): OwnerReference[] {
  const before = new Map((oldObject?.metadata.ownerReferences ?? []).map((reference) => [reference.uid, reference]));
  return (object?.metadata.ownerReferences ?? []).filter(({ uid, blockOwnerDeletion }) => blockOwnerDeletion === true && before.get(uid)?.blockOwnerDeletion !== true);
}

/** Who makes an object another's dependent must be allowed to delete it, and to hold up the owner's deletion. */
export function ownerReferencesPermissionEnforcement(parts: Parts): AdmissionPlugin {
  const ask = async (attributes: AdmissionAttributes, question: Pick<Extract<Attributes, { isResourceRequest: true }>, 'verb' | 'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'namespace' | 'name'>): Promise<Decision> =>
    parts.authorize({ isResourceRequest: true, user: attributes.user, ...question });

  const check = async (attributes: AdmissionAttributes): Promise<void> => {
    const { group, version, resource, subresource, namespace, name } = attributes;
    if (attributes.operation !== 'CREATE') {
      const { verdict, reason } = await ask(attributes, { verb: 'delete', apiGroup: group, apiVersion: version, resource, subresource, namespace, name });
      if (verdict !== 'allow') throw refusal(attributes, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
    }
    const blocking = newBlocking(attributes);
    if (blocking.length === 0) return;
    const anything = await ask(attributes, { verb: 'update', apiGroup: '*', apiVersion: '*', resource: '*', subresource: 'finalizers', namespace: '', name: '*' });
    if (anything.verdict === 'allow') return;
    for (const { apiVersion, kind, name: owner } of blocking) {
      const slash = apiVersion.indexOf('/');
      const [ownerGroup, ownerVersion] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
      const resources = parts.resourcesOf(ownerGroup, ownerVersion, kind);
      if (resources.length === 0) {
        throw refusal(attributes, `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
      }
      for (const type of resources) {
        const { verdict, reason } = await ask(attributes, { verb: 'update', apiGroup: type.group, apiVersion: type.version, resource: type.resource, subresource: 'finalizers', namespace: type.namespaced ? namespace : '', name: owner });
        if (verdict !== 'allow') throw refusal(attributes, `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`);
      }
    }
  };

  return {
    name: 'OwnerReferencesPermissionEnforcement',
    // Old kubelets garbled them in a pod's status, which cannot change them anyway.
    handles: ({ operation, group, resource, subresource }) => (operation === 'CREATE' || operation === 'UPDATE') && !(group === '' && resource === 'pods' && subresource === 'status'),
    validate(attributes) {
      if (semanticEqual(attributes.object?.metadata.ownerReferences, attributes.oldObject?.metadata.ownerReferences)) return undefined;
      return check(attributes);
    },
  };
}
