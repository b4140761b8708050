import type { Container, Pod, ServiceAccount } from '../../../api/types/core/v1.ts';

type AnyContainer = Pick<Container, 'name' | 'env' | 'envFrom'>;

/** The first secret of a container that the account does not list. */
function containerError(account: string, allowed: ReadonlySet<string>, container: AnyContainer, title: string): string | undefined {
  for (const { name, valueFrom } of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef?.name;
    if (secret !== undefined && !allowed.has(secret)) return `${title} ${container.name} with envVar ${name} referencing secret.secretName="${secret}" is not allowed because service account ${account} does not reference that secret`;
  }
  for (const { secretRef } of container.envFrom ?? []) {
    const secret = secretRef?.name;
    if (secret !== undefined && !allowed.has(secret)) return `${title} ${container.name} with envFrom referencing secret.secretName="${secret}" is not allowed because service account ${account} does not reference that secret`;
  }
  return undefined;
}

/** Why a pod may not use the secrets it names under an account that limits them to those it lists itself. */
export function secretLimitError(account: ServiceAccount, pod: Pod, containers: 'regular' | 'ephemeral'): string | undefined {
  const accountName = account.metadata.name ?? '';
  const allowed = new Set((account.secrets ?? []).map((secret) => secret.name ?? ''));
  const { spec } = pod;
  if (spec === undefined) return undefined;
  if (containers === 'ephemeral') {
    for (const container of (spec.ephemeralContainers ?? []) as readonly AnyContainer[]) {
      const error = containerError(accountName, allowed, container, 'ephemeral container');
      if (error !== undefined) return error;
    }
    return undefined;
  }
  for (const { secret } of spec.volumes ?? []) {
    const name = secret?.secretName;
    if (secret !== undefined && !allowed.has(name ?? '')) return `volume with secret.secretName="${name ?? ''}" is not allowed because service account ${accountName} does not reference that secret`;
  }
  for (const container of spec.initContainers ?? []) {
    const error = containerError(accountName, allowed, container, 'init container');
    if (error !== undefined) return error;
  }
  for (const container of spec.containers ?? []) {
    const error = containerError(accountName, allowed, container, 'container');
    if (error !== undefined) return error;
  }
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name ?? ''));
  for (const [i, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pullSecrets.has(name ?? '')) return `imagePullSecrets[${i}].name="${name ?? ''}" is not allowed because service account ${accountName} does not reference that imagePullSecret`;
  }
  return undefined;
}
