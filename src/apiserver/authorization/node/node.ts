import type { ObjectReader } from '../../cache/reader.ts';
import type { Attributes, Authorizer, Decision } from '../authorizer.ts';
import { nodeRules } from '../bootstrap/node-rules.ts';
import { ruleAllows } from '../rbac/rules.ts';
import { requiredFieldValue } from '../selectors.ts';
import { nodeNameOf } from './identity.ts';
import { PodsByNode } from './pod-index.ts';
import type { RelatedKind } from './relations.ts';
import { isRelated } from './relations.ts';

export { nodeNameOf } from './identity.ts';

type ResourceAttributes = Extract<Attributes, { isResourceRequest: true }>;

const allow: Decision = { verdict: 'allow', reason: '' };
const refuse = (reason: string): Decision => ({ verdict: 'no-opinion', reason });

const leaseNamespace = 'kube-node-lease';
const ownedVerbs = ['get', 'create', 'update', 'patch', 'delete'];

/**
 * What a kubelet may do: upstream's fixed node rules, with objects that hold secrets or belong to one node narrowed to
 * those that have to do with the asking node. Says nothing about anybody else.
 */
export class NodeAuthorizer implements Authorizer {
  readonly name = 'Node';
  readonly #reader: ObjectReader;
  readonly #podsByNode: PodsByNode;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#podsByNode = new PodsByNode(reader);
  }

  [Symbol.dispose](): void {
    this.#podsByNode[Symbol.dispose]();
  }

  authorize(attributes: Attributes): Decision {
    const nodeName = nodeNameOf(attributes.user);
    if (nodeName === undefined) return refuse('');
    if (nodeName === '') return refuse(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
    if (attributes.isResourceRequest) {
      const { apiGroup: group, resource } = attributes;
      switch (group === '' ? resource : `${resource}.${group}`) {
        case 'secrets': return this.#read(nodeName, 'secret', attributes);
        case 'configmaps': return this.#read(nodeName, 'configmap', attributes);
        case 'persistentvolumeclaims': return attributes.subresource === 'status' ? this.#updateStatus(nodeName, 'claim', attributes) : this.#get(nodeName, 'claim', attributes);
        case 'persistentvolumes': return this.#get(nodeName, 'volume', attributes);
        case 'resourceclaims.resource.k8s.io': return this.#get(nodeName, 'resourceclaim', attributes);
        case 'volumeattachments.storage.k8s.io': return this.#get(nodeName, 'attachment', attributes);
        case 'serviceaccounts': return this.#serviceAccount(nodeName, attributes);
        case 'leases.coordination.k8s.io': return this.#lease(nodeName, attributes);
        // Of no use where the API does not serve them, which upstream's does not by default: then its role says nothing of them.
        case 'clustertrustbundles.certificates.k8s.io': return ['get', 'list', 'watch'].includes(attributes.verb) && attributes.subresource === '' ? allow : refuse('');
        case 'csinodes.storage.k8s.io': return this.#csiNode(nodeName, attributes);
        case 'resourceslices.resource.k8s.io': return this.#resourceSlice(nodeName, attributes);
        case 'nodes': return this.#node(nodeName, attributes);
        case 'pods': return this.#pod(nodeName, attributes);
      }
    }
    return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? allow : refuse('');
  }

  #related(nodeName: string, kind: RelatedKind, attributes: ResourceAttributes): Decision {
    if (attributes.name === '') return refuse('No Object name found');
    return isRelated({ reader: this.#reader, podsByNode: this.#podsByNode }, nodeName, kind, attributes.namespace, attributes.name)
      ? allow
      : refuse(`no relationship found between node '${nodeName}' and this object`);
  }

  #get(nodeName: string, kind: RelatedKind, attributes: ResourceAttributes): Decision {
    if (attributes.verb !== 'get') return refuse('can only get individual resources of this type');
    if (attributes.subresource !== '') return refuse('cannot get subresource');
    return this.#related(nodeName, kind, attributes);
  }

  #read(nodeName: string, kind: RelatedKind, attributes: ResourceAttributes): Decision {
    if (!['get', 'list', 'watch'].includes(attributes.verb)) return refuse('can only read resources of this type');
    if (attributes.subresource !== '') return refuse('cannot read subresource');
    if (attributes.namespace === '') return refuse('can only read namespaced object of this type');
    return this.#related(nodeName, kind, attributes);
  }

  #updateStatus(nodeName: string, kind: RelatedKind, attributes: ResourceAttributes): Decision {
    if (attributes.verb !== 'update' && attributes.verb !== 'patch') return refuse('can only get/update/patch this type');
    return this.#related(nodeName, kind, attributes);
  }

  #serviceAccount(nodeName: string, attributes: ResourceAttributes): Decision {
    if (attributes.verb === 'get' && attributes.subresource === '') return this.#related(nodeName, 'serviceaccount', attributes);
    if (attributes.verb !== 'create' || attributes.name === '') return refuse('can only create tokens for individual service accounts');
    if (attributes.subresource !== 'token') return refuse('can only create token subresource of serviceaccount');
    return this.#related(nodeName, 'serviceaccount', attributes);
  }

  #lease(nodeName: string, attributes: ResourceAttributes): Decision {
    if (!ownedVerbs.includes(attributes.verb)) return refuse('can only get, create, update, patch, or delete a node lease');
    if (attributes.namespace !== leaseNamespace) return refuse(`can only access leases in the "${leaseNamespace}" system namespace`);
    // At create the name is not known here: the NodeRestriction admission plug-in looks at it.
    if (attributes.verb !== 'create' && attributes.name !== nodeName) return refuse('can only access node lease with the same name as the requesting node');
    return allow;
  }

  #csiNode(nodeName: string, attributes: ResourceAttributes): Decision {
    if (!ownedVerbs.includes(attributes.verb)) return refuse('can only get, create, update, patch, or delete a CSINode');
    if (attributes.subresource !== '') return refuse('cannot authorize CSINode subresources');
    if (attributes.verb !== 'create' && attributes.name !== nodeName) return refuse('can only access CSINode with the same name as the requesting node');
    return allow;
  }

  #resourceSlice(nodeName: string, attributes: ResourceAttributes): Decision {
    if (attributes.subresource !== '') return refuse('cannot authorize ResourceSlice subresources');
    switch (attributes.verb) {
      case 'create': return allow;
      case 'get': case 'update': case 'patch': case 'delete': return this.#related(nodeName, 'resourceslice', attributes);
      case 'watch': case 'list': case 'deletecollection': return requiredFieldValue(attributes.selectors, 'spec.nodeName') === nodeName
        ? allow
        : refuse('can only list/watch/deletecollection resourceslices with nodeName field selector');
      default: return refuse('only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection');
    }
  }

  #node(nodeName: string, { verb, subresource, name }: ResourceAttributes): Decision {
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : refuse('');
    if (subresource !== '') return refuse('');
    if (verb === 'create' || verb === 'update' || verb === 'patch') return allow;
    if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return refuse('');
    if (name === nodeName) return allow;
    return refuse(name === '' ? `node '${nodeName}' cannot read all nodes, only its own Node object` : `node '${nodeName}' cannot read '${name}', only its own Node object`);
  }

  #pod(nodeName: string, attributes: ResourceAttributes): Decision {
    const { verb, subresource } = attributes;
    switch (subresource) {
      case '':
        if (verb === 'get') return this.#get(nodeName, 'pod', attributes);
        if (verb === 'list' || verb === 'watch') {
          if (requiredFieldValue(attributes.selectors, 'spec.nodeName') === nodeName) return allow;
          return attributes.name === '' ? refuse('can only list/watch pods with spec.nodeName field selector') : this.#related(nodeName, 'pod', attributes);
        }
        return verb === 'create' || verb === 'delete' ? allow : refuse('');
      case 'status': return verb === 'update' || verb === 'patch' ? allow : refuse('');
      case 'eviction': return verb === 'create' ? allow : refuse('');
      default: return refuse('');
    }
  }
}
