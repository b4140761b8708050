import type { AdmissionPlugin } from '../admission.ts';

const noController = (kind: string): string => `not supported: no controller for ${kind} runs in this release; the object is stored and nothing else happens`;
const notEnforced = (kind: string): string => `not supported: ${kind} are not enforced in this release; the object is stored and nothing else happens`;

/** Kinds that are served with what the schema says, and whose meaning nothing carries out yet. */
const notes: Readonly<Record<string, string>> = {
  'networking.k8s.io/ingresses': noController('Ingresses'),
  'networking.k8s.io/networkpolicies': notEnforced('NetworkPolicies'),
};

/** Tells whoever creates such an object, as a `Warning` header, instead of letting them wait for what will not come. */
export function notSupported(): AdmissionPlugin {
  return {
    name: 'NotSupported',
    handles: ({ operation, group, resource, subresource }) => operation === 'CREATE' && subresource === '' && notes[`${group}/${resource}`] !== undefined,
    validate: ({ group, resource, warn }) => warn(notes[`${group}/${resource}`]!),
  };
}
