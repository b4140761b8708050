/** The kinds of networking.k8s.io. */
export { ingressDefinition } from './ingress.ts';
export { ingressClassDefinition } from './ingress-class.ts';
export { networkPolicyDefinition } from './network-policy.ts';
export { serviceCidrDefinition } from './service-cidr.ts';
export { ipAddressDefinition } from './ip-address.ts';
