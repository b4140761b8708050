import { ApiError, forbiddenError } from '../../api/status.ts';
import type { StatusCause } from '../../api/types/meta/v1.ts';
import type { AdmissionAttributes } from './admission.ts';

/** The Forbidden that upstream's `admission.NewForbidden` makes: about the object by name, or by its generateName. */
export function refusal(attributes: AdmissionAttributes, detail: string, causes?: readonly StatusCause[]): ApiError {
  const { metadata } = attributes.object ?? {};
  const name = [attributes.name, metadata?.name, metadata?.generateName].find((one) => one !== undefined && one !== '') ?? 'Unknown';
  const error = forbiddenError(attributes, name, detail);
  if (causes === undefined) return error;
  return new ApiError('Forbidden', error.message, { details: { ...error.details, causes: [...causes] } });
}

/** Whether a request is about the objects of one resource themselves, not about a subresource. */
export function concerns(attributes: AdmissionAttributes, type: { readonly group: string; readonly resource: string }): boolean {
  return attributes.group === type.group && attributes.resource === type.resource && attributes.subresource === '';
}
