import type { AdmissionPlugin } from '../admission.ts';

const noController = (kind: string): string => `not supported: no controller for ${kind} runs in this release; the object is stored and nothing else happens`;
const notEnforced = (kind: string): string => `not supported: ${kind} are not enforced in this release; the object is stored and nothing else happens`;

/** Kinds that are served with what the schema says, and whose meaning nothing carries out yet. */
const notes: Readonly<Record<string, string>> = {
  'apps/statefulsets': noController('StatefulSets'),
  'apps/daemonsets': noController('DaemonSets'),
  'batch/jobs': noController('Jobs'),
  'batch/cronjobs': noController('CronJobs'),
  'autoscaling/horizontalpodautoscalers': noController('HorizontalPodAutoscalers'),
  'networking.k8s.io/ingresses': noController('Ingresses'),
  'networking.k8s.io/networkpolicies': notEnforced('NetworkPolicies'),
  '/persistentvolumeclaims': noController('PersistentVolumeClaims'),
  '/persistentvolumes': noController('PersistentVolumes'),
  'certificates.k8s.io/certificatesigningrequests': noController('CertificateSigningRequests'),
  'apiextensions.k8s.io/customresourcedefinitions': 'not supported: custom resources are not served in this release; the definition is stored and nothing else happens',
};

/** Tells whoever creates such an object, as a `Warning` header, instead of letting them wait for what will not come. */
export function notSupported(): AdmissionPlugin {
  return {
    name: 'NotSupported',
    handles: ({ operation, group, resource, subresource }) => operation === 'CREATE' && subresource === '' && notes[`${group}/${resource}`] !== undefined,
    validate: ({ group, resource, warn }) => warn(notes[`${group}/${resource}`]!),
  };
}
