/** The kinds of resource.k8s.io: dynamic resource allocation. */
export * from './claims.ts';
export * from './slices.ts';
