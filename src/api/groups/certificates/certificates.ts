/** The kinds of certificates.k8s.io. */
export { certificateSigningRequestDefinition } from './certificate-signing-request.ts';
export { clusterTrustBundleDefinition } from './cluster-trust-bundle.ts';
export { podCertificateRequestDefinition } from './pod-certificate-request.ts';
