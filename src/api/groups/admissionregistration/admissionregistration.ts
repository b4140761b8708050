/** The kinds of admissionregistration.k8s.io. */
export * from './admission-policies.ts';
export * from './webhook-configuration.ts';
