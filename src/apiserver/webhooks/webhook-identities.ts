/** How the API server shows a webhook who it is. */
export interface WebhookCredentials {
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM, with its key. */
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

/** Who to be at `HOST:PORT`, where a Service's host is `NAME.NAMESPACE.svc`; undefined: nobody. */
export type WebhookIdentities = (target: string) => WebhookCredentials | undefined;

/** The users of a kubeconfig, by the names that say where they are to be used. Asked at each call: tokens are rotated. */
export interface NamedUsers {
  readonly users: ReadonlyMap<string, () => WebhookCredentials>;
  /** The user of the current context, for wherever none is named. */
  readonly current: string | undefined;
}

/** `a.b.c` and its stars: `a.b.c`, `*.b.c`, `*.c`. */
function* namesOf(target: string): Generator<string> {
  yield target;
  const steps = target.split('.');
  for (let i = 1; i < steps.length; i++) yield `*.${steps.slice(i).join('.')}`;
}

/**
 * Picks users as kube-apiserver picks them from the kubeconfig of a WebhookAdmissionConfiguration: by the address with
 * its port, then with stars for its first labels, then both without port 443, then `*`, then the current context's.
 */
export function webhookIdentities({ users, current }: NamedUsers): WebhookIdentities {
  return (target) => {
    const withoutPort = target.endsWith(':443') ? target.slice(0, -':443'.length).replace(/^\[(.*)\]$/, '$1') : undefined;
    const names = [...namesOf(target), ...(withoutPort === undefined ? [] : namesOf(withoutPort)), '*', ...(current === undefined ? [] : [current])];
    return names.map((name) => users.get(name)).find((user) => user !== undefined)?.();
  };
}
