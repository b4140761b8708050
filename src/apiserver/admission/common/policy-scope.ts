import { newVariableValues } from '../../../api/cel/expression.ts';
import { namespaces } from '../../../api/resources.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { notFoundError } from '../../../api/status.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmittedRequest } from '../admission.ts';
import { admissionRequest } from './admission-review.ts';
import type { ExpressionScope, RequestAuthorizer } from './expressions.ts';
import type { Target } from './target.ts';
import { namespaceOf } from './target.ts';
import type { VersionedObjects } from './versioned.ts';

/** What the expressions of one policy see of a request, with one parameter; variables are worked out anew for each. */
export function policyScope(of: { readonly attributes: AdmissionAttributes; readonly request: AdmittedRequest; readonly target: Target; readonly objects: VersionedObjects; readonly params: KubeObject | undefined; readonly namespaceObject: KubeObject | undefined; readonly authorizer: RequestAuthorizer }): ExpressionScope {
  const { attributes, request, target, objects, params, namespaceObject, authorizer } = of;
  return { inputs: { ...objects, request: admissionRequest(attributes, request, target), params, namespaceObject, variables: newVariableValues() }, authorizer };
}

/** The namespace that a request is in, as expressions see it; undefined for what is in none, namespaces themselves included. Throws NotFound. */
export function namespaceObjectOf(reader: ObjectReader, attributes: AdmissionAttributes): KubeObject | undefined {
  const namespace = namespaceOf(attributes);
  if (namespace === '' || (attributes.group === '' && attributes.kind === 'Namespace')) return undefined;
  const found = reader.get(namespaces, '', namespace);
  if (found === undefined) throw notFoundError(namespaces, namespace);
  const { managedFields: _, ownerReferences: _owners, ...metadata } = found.metadata;
  return { ...found, metadata };
}
