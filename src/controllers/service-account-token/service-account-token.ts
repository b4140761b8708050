import { nameOf, namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { secrets, serviceaccounts } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Secret, ServiceAccount } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';

const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';
const secretType = 'kubernetes.io/service-account-token';
const encoder = new TextEncoder();

const toBase64 = (text: string): string => btoa(String.fromCharCode(...encoder.encode(text)));

/** Of which account a token secret is; undefined for one that names none. */
function accountOf({ metadata }: Secret): { readonly name: string; readonly uid: string | undefined } | undefined {
  const name = metadata.annotations?.[nameAnnotation];
  const uid = metadata.annotations?.[uidAnnotation];
  return name === undefined || name === '' ? undefined : { name, uid: uid === '' ? undefined : uid };
}

/** What a token that lies in a secret claims. */
function claimsOf(account: ServiceAccount, secret: Secret): object {
  const [namespace, name] = [namespaceOf(account), nameOf(account)];
  return {
    iss: 'kubernetes/serviceaccount',
    sub: `system:serviceaccount:${namespace}:${name}`,
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uidOf(account),
    'kubernetes.io/serviceaccount/secret.name': nameOf(secret),
  };
}

/**
 * Fills the secrets that people make for a service account's token, and deletes them with the account. Acts as the
 * manager itself, as upstream does.
 */
export async function startServiceAccountTokenController(context: ControllerContext): Promise<void> {
  const { client, clock, logger, signal, informers, settings } = context;
  const sign = settings.signServiceAccountToken;
  if (sign === undefined) return;
  const accounts = informers.informer(serviceaccounts);
  const tokens = informers.informer(secrets, { fieldSelector: `type=${secretType}` });
  tokens.addIndex('account', (secret) => {
    const account = accountOf(secret);
    return account === undefined ? [] : [`${namespaceOf(secret)}/${account.name}`];
  });
  // Keys are those of secrets: a change of an account concerns its secrets.
  const queue = new WorkQueue({ clock });
  const add = (secret: Secret): void => queue.add(`${namespaceOf(secret)}/${nameOf(secret)}`);
  tokens.addHandler({ add, update: (_old, secret) => add(secret), delete: (secret) => void forgetReference(secret).catch((error: unknown) => logger.debug('a secret is still listed by its service account', { error })) });
  const addTokens = (account: ServiceAccount): void => { for (const secret of tokens.lister.byIndex('account', `${namespaceOf(account)}/${nameOf(account)}`)) add(secret); };
  accounts.addHandler({ add: addTokens, delete: addTokens });

  const findAccount = async (namespace: string, wanted: { readonly name: string; readonly uid: string | undefined }): Promise<ServiceAccount | undefined> => {
    const matches = (account: ServiceAccount | undefined): boolean => account !== undefined && (wanted.uid === undefined || wanted.uid === account.metadata.uid);
    const cached = accounts.lister.get(namespace, wanted.name);
    if (matches(cached)) return cached;
    try {
      const live = await client.get(serviceaccounts, { namespace, name: wanted.name });
      return matches(live) ? live : undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };

  /** Accounts of older versions list their secrets. */
  async function forgetReference(secret: Secret): Promise<void> {
    const wanted = accountOf(secret);
    const account = wanted === undefined ? undefined : accounts.lister.get(namespaceOf(secret), wanted.name);
    if (account === undefined || account.secrets?.some(({ name }) => name === nameOf(secret)) !== true) return;
    await client.update(serviceaccounts, { ...account, secrets: account.secrets.filter(({ name }) => name !== nameOf(secret)) });
  }

  const reconcile = async (key: string): Promise<void> => {
    const { namespace, name } = splitKey(key);
    const secret = tokens.lister.get(namespace, name);
    const wanted = secret === undefined ? undefined : accountOf(secret);
    if (secret === undefined || wanted === undefined) return;
    const account = await findAccount(namespace, wanted);
    if (account === undefined) {
      await client.delete(secrets, { namespace, name }, { preconditions: { uid: uidOf(secret) } }).catch((error: unknown) => {
        if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
      });
      return;
    }
    const data: Record<string, string> = { ...secret.data };
    const rootCa = settings.rootCa === '' ? undefined : toBase64(settings.rootCa);
    if (rootCa !== undefined) data['ca.crt'] = rootCa;
    if ((data['namespace'] ?? '') === '') data['namespace'] = toBase64(namespace);
    const hasToken = (data['token'] ?? '') !== '';
    if (hasToken && secret.data?.['ca.crt'] === data['ca.crt'] && secret.data?.['namespace'] === data['namespace']) return;
    if (!hasToken) data['token'] = toBase64(await sign(claimsOf(account, secret)));
    await client.update(secrets, { ...secret, data, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [nameAnnotation]: nameOf(account), [uidAnnotation]: uidOf(account) } } });
  };
  runController({ name: 'serviceaccount-token-controller', clock, logger, signal, informers: [accounts, tokens], queue, reconcile });
}
