/** The kubeconfig file's own form, as far as it is read. Entries are told apart by their names. */
export interface Kubeconfig {
  'apiVersion'?: string;
  'kind'?: string;
  'preferences'?: unknown;
  'current-context'?: string;
  'clusters'?: NamedEntry<'cluster', ClusterEntry>[] | null;
  'contexts'?: NamedEntry<'context', ContextEntry>[] | null;
  'users'?: NamedEntry<'user', UserEntry>[] | null;
}

export type NamedEntry<K extends string, T> = { name: string } & { [P in K]?: T | null };

export interface ClusterEntry {
  'server'?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
  'proxy-url'?: string;
  'disable-compression'?: boolean;
}

export interface ContextEntry {
  cluster?: string;
  user?: string;
  namespace?: string;
}

export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  'token'?: string;
  'tokenFile'?: string;
  'username'?: string;
  'password'?: string;
  'as'?: string;
  'as-uid'?: string;
  'as-groups'?: string[];
  'as-user-extra'?: Record<string, string[]>;
  'exec'?: ExecEntry;
  'auth-provider'?: { name?: string; config?: Record<string, string> };
}

/** A program that yields credentials (client.authentication.k8s.io). */
export interface ExecEntry {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}
