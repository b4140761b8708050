import { pods, serviceaccounts } from '../../../api/resources.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume, VolumeMount } from '../../../api/types/core/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionAttributes, AdmissionPlugin, AdmissionScope } from '../admission.ts';
import { isMirrorPod, podSecretNames } from '../../../api/pod/references.ts';
import { concernedBy, refusal } from '../refuse.ts';
import { secretLimitError } from './limit-secrets.ts';

const defaultName = 'default';
const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets';
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** An hour, and seven seconds by which the API server knows that nobody chose this time. */
const tokenSeconds = 3607;
/** How long a pod waits for the default account of a namespace that has only just been made. */
const defaultAccountWaitMs = 1500;

/** The volume with a token, the cluster's authority and the namespace. */
function apiAccessVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
}

function mountToken(spec: PodSpec, random: Random): void {
  // Admission comes before validation: a volume may have no name yet.
  const existing = spec.volumes?.find((volume) => (volume.name as string | undefined)?.startsWith(volumePrefix) === true);
  const taken = new Set((spec.volumes ?? []).map((volume) => volume.name));
  let name = existing?.name ?? `${volumePrefix}${random.suffix(5)}`;
  while (existing === undefined && taken.has(name)) name = `${volumePrefix}${random.suffix(5)}`;
  const mount: VolumeMount = { name, mountPath, readOnly: true };
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])] as Container[]) {
    // What the user mounts there stands in the token's place.
    if (container.volumeMounts?.some((one) => one.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { ...mount }];
    mounted = true;
  }
  if (existing === undefined && mounted) spec.volumes = [...(spec.volumes ?? []), apiAccessVolume(name)];
}

/** The account; the default one is waited for, because a controller makes it a moment after its namespace. */
function findAccount(options: { readonly reader: ObjectReader; readonly clock: Clock }, namespace: string, name: string): ServiceAccount | undefined | Promise<ServiceAccount | undefined> {
  const { reader, clock } = options;
  const found = reader.get(serviceaccounts, namespace, name);
  if (found !== undefined || name !== defaultName) return found;
  return new Promise((resolve) => {
    const settle = (account: ServiceAccount | undefined): void => {
      undo();
      timer.cancel();
      resolve(account);
    };
    const undo = reader.onChange(serviceaccounts, ({ object }) => {
      if (object?.metadata.namespace === namespace && object.metadata.name === name) settle(object);
    });
    const timer = clock.setTimer(defaultAccountWaitMs, () => settle(reader.get(serviceaccounts, namespace, name)), { unref: true });
  });
}

const enforces = (account: ServiceAccount): boolean => ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(account.metadata.annotations?.[enforceAnnotation] ?? '');

/** Gives every pod an existing service account, that account's pull secrets, and (unless unwanted) a token. */
export function serviceAccount(options: { readonly reader: ObjectReader; readonly clock: Clock; readonly random: Random }): AdmissionPlugin {
  /** Goes on with the account, at once where it is there. Throws Forbidden where there is none. */
  const withAccount = (attributes: AdmissionAttributes, name: string, proceed: (account: ServiceAccount) => void): Promise<void> | void => {
    const take = (account: ServiceAccount | undefined): void => {
      if (account === undefined) throw refusal(attributes, `error looking up service account ${attributes.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
      proceed(account);
    };
    const found = findAccount(options, attributes.namespace, name);
    return found instanceof Promise ? found.then(take) : take(found);
  };
  const isNew = concernedBy(['CREATE'], pods);
  const addsEphemeral = ({ operation, group, resource, subresource }: AdmissionScope): boolean =>
    operation === 'UPDATE' && group === pods.group && resource === pods.resource && subresource === 'ephemeralcontainers';
  return {
    name: 'ServiceAccount',
    handles: (scope) => isNew(scope) || addsEphemeral(scope),
    admit(attributes) {
      if (addsEphemeral(attributes)) return undefined;
      const pod = attributes.object as Pod;
      if (isMirrorPod(pod) || pod.spec === undefined) return undefined;
      const { spec } = pod;
      // serviceAccount is the old name of serviceAccountName; both are kept alike.
      const name = [spec.serviceAccountName, spec.serviceAccount].find((one) => one !== undefined && one !== '') ?? defaultName;
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      return withAccount(attributes, name, (account) => {
        if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, options.random);
        if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) spec.imagePullSecrets = structuredClone(account.imagePullSecrets!);
      });
    },
    validate(attributes) {
      const ephemeral = addsEphemeral(attributes);
      const pod = attributes.object as Pod;
      if (isMirrorPod(pod)) {
        if (ephemeral) return undefined;
        if ((pod.spec?.serviceAccountName ?? '') !== '') throw refusal(attributes, 'a mirror pod may not reference service accounts');
        if (podSecretNames(pod).size > 0) throw refusal(attributes, 'a mirror pod may not reference secrets');
        if (pod.spec?.volumes?.some((volume) => volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined))) {
          throw refusal(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
        }
        return undefined;
      }
      return withAccount(attributes, pod.spec?.serviceAccountName ?? '', (account) => {
        if (!enforces(account)) return;
        const error = secretLimitError(account, pod, ephemeral ? 'ephemeral' : 'regular');
        if (error !== undefined) throw refusal(attributes, error);
      });
    },
  };
}
