import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { podSecretNames } from '../../api/pod/references.ts';
import { configmaps, pods, secrets, serviceaccounts } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Secret, ServiceAccount } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { runOnceSynced } from '../common/run-once-synced.ts';
import type { ControllerContext } from '../common/context.ts';
import { Passes } from '../common/passes.ts';

const identity = 'legacy-service-account-token-cleaner';
const secretType = 'kubernetes.io/service-account-token';
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';
const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' };
const dayMs = 24 * 3600 * 1000;

const dateOf = (ms: number): string => formatTime(ms).slice(0, 10);
/** The start of a day (`2026-01-31`, UTC); undefined for what is none. */
const startOf = (date: string): number | undefined => (/^\d{4}-\d\d-\d\d$/.test(date) ? parseTime(`${date}T00:00:00Z`) : undefined);

/**
 * Takes away tokens that were made for service accounts by versions of long ago and are not used: those unused for a
 * year are first marked as invalid, and deleted a year after that. Tokens that people asked for stay.
 */
export async function startLegacyServiceAccountTokenCleaner(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers, settings } = context;
  const periodMs = settings.legacyServiceAccountTokenCleanUpPeriodMs;
  const client = context.clientFor(identity);
  const named = logger.named(identity);
  const tokens = informers.informer(secrets, { fieldSelector: `type=${secretType}` });
  const accounts = informers.informer(serviceaccounts);
  const podInformer = informers.informer(pods);

  /** The account that lists the secret as its own, as only those do that were made without being asked for. */
  const ownerOf = (secret: Secret): ServiceAccount | undefined => {
    const { 'kubernetes.io/service-account.name': name = '', 'kubernetes.io/service-account.uid': uid = '' } = secret.metadata.annotations ?? {};
    const account = name === '' ? undefined : accounts.lister.get(namespaceOf(secret), name);
    if (account === undefined || (uid !== '' && uid !== account.metadata.uid)) return undefined;
    return account.secrets?.some((reference) => reference.name === nameOf(secret)) === true ? account : undefined;
  };
  const isMounted = (secret: Secret): boolean => podInformer.lister.list(namespaceOf(secret)).some((pod) => podSecretNames(pod).has(nameOf(secret)));
  /** Whether the token was neither made nor used since `preserveMs`. */
  const isUnused = ({ metadata }: Secret, preserveMs: number): boolean => {
    if (metadata.deletionTimestamp !== undefined || (parseTime(metadata.creationTimestamp ?? '') ?? 0) >= preserveMs) return false;
    const lastUsed = metadata.labels?.[lastUsedLabel];
    if (lastUsed === undefined) return true;
    if (startOf(lastUsed) === undefined) {
      named.error('a secret says in no known form when it was used last', { secret: metadata.name ?? '', namespace: metadata.namespace ?? '', lastUsed });
      return false;
    }
    return lastUsed < dateOf(preserveMs);
  };

  const clean = async (secret: Secret, nowMs: number): Promise<void> => {
    const ref = { namespace: namespaceOf(secret), name: nameOf(secret) };
    const { uid, resourceVersion, labels } = secret.metadata;
    const invalidSince = labels?.[invalidSinceLabel] ?? '';
    if (startOf(invalidSince) === undefined) {
      await client.patch(secrets, ref, { type: 'merge', value: { metadata: { uid, labels: { [invalidSinceLabel]: dateOf(nowMs) } } } });
    } else if (invalidSince < dateOf(nowMs - periodMs)) {
      await client.delete(secrets, ref, { preconditions: { resourceVersion: resourceVersion ?? '' } });
    }
  };
  const pass = async (): Promise<void> => {
    if (tokens.lister.list().length === 0) return;
    const nowMs = clock.now();
    const since = (await client.get(configmaps, tracking)).data?.['since'];
    const trackedMs = startOf(since ?? '');
    if (trackedMs === undefined) throw new Error(since === undefined ? 'configMap does not have since label' : `error parsing trackedSince time: ${since}`);
    // Of the day on which tracking began, the morning is unknown.
    if (nowMs < trackedMs + dayMs + periodMs) return;
    for (const secret of tokens.lister.list()) {
      if (!isUnused(secret, nowMs - periodMs) || ownerOf(secret) === undefined || isMounted(secret)) continue;
      try {
        await clean(secret, nowMs);
      } catch (error) {
        if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) named.error('a token that is not used could not be cleaned up', { secret: nameOf(secret), namespace: namespaceOf(secret), error });
      }
    }
  };
  const passes = new Passes({ clock, logger: named, signal, periodMs: dayMs, pass, nextDueMs: (nowMs) => (tokens.lister.list().length === 0 ? undefined : nowMs + 1) });
  tokens.addHandler({ add: () => passes.wake() });
  runOnceSynced({ informers: [tokens, accounts, podInformer], logger: named, signal, start: () => passes.start() });
}
