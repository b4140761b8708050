import { parse } from 'yaml';

/** PEM. */
export interface Credentials { readonly certificate: string; readonly key: string; readonly authority: string }

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
}

/** The first user and cluster of a kubeconfig. */
export function readCredentials(kubeconfig: string): Credentials {
  const { clusters: [first], users: [user] } = parse(kubeconfig) as Kubeconfig;
  if (first === undefined || user === undefined) throw new Error('a kubeconfig without cluster or user');
  const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
  return { certificate: decode(user.user['client-certificate-data']), key: decode(user.user['client-key-data']), authority: decode(first.cluster['certificate-authority-data']) };
}
