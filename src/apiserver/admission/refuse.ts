import { semanticEqual } from '../../api/meta/equal.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError, forbiddenError } from '../../api/status.ts';
import type { StatusCause } from '../../api/types/meta/v1.ts';
import type { AdmissionAttributes, AdmissionOperation, AdmissionScope } from './admission.ts';

/** The Forbidden that upstream's `admission.NewForbidden` makes: about the object by name, or by its generateName. */
export function refusal(attributes: AdmissionAttributes, detail: string, causes?: readonly StatusCause[]): ApiError {
  const { metadata } = attributes.object ?? {};
  const name = [attributes.name, metadata?.name, metadata?.generateName].find((one) => one !== undefined && one !== '') ?? 'Unknown';
  const error = forbiddenError(attributes, name, detail);
  if (causes === undefined) return error;
  return new ApiError('Forbidden', error.message, { details: { ...error.details, causes: [...causes] } });
}

interface Resource { readonly group: string; readonly resource: string }

/** Whether a request is about the objects of one resource themselves, not about a subresource. */
export function concerns(scope: AdmissionScope, type: Resource): boolean {
  return scope.group === type.group && scope.resource === type.resource && scope.subresource === '';
}

/** The `handles` of a plug-in for some operations on the objects of some resources themselves. */
export function concernedBy(operations: readonly AdmissionOperation[], ...types: readonly Resource[]): (scope: AdmissionScope) => boolean {
  return (scope) => operations.includes(scope.operation) && types.some((type) => concerns(scope, type));
}

/** Several messages as upstream's aggregated errors print them: each once, in brackets where there are more. */
export function aggregated(messages: readonly string[]): string {
  const distinct = [...new Set(messages)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`;
}

/** Does an update change nothing but what the garbage collector may change (owner references, finalizers)? */
export function onlyCollectorFieldsDiffer(next: KubeObject, previous: KubeObject): boolean {
  const strip = (object: KubeObject): object => {
    const { ownerReferences: _o, finalizers: _f, managedFields: _m, resourceVersion: _r, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
  return semanticEqual(strip(next), strip(previous));
}
