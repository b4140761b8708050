/** AppArmor's old annotations, which become fields of new pods (KEP-24). */
import { semanticEqual } from '../meta/equal.ts';
import type { AppArmorProfile, Pod } from '../types/core/v1.ts';
import { appArmorPrefix } from './validation/validate-annotations.ts';
import { appArmorErrors } from './validation/validate-security-context.ts';

function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (!annotation.startsWith('localhost/')) return undefined;
  const profile = { type: 'Localhost', localhostProfile: annotation.slice('localhost/'.length) };
  return appArmorErrors(profile, '').length === 0 ? profile : undefined;
}

/** Gives containers the profile that only an annotation names, in place. */
export function copyAppArmorAnnotations(pod: Pod): void {
  const { spec } = pod;
  const { annotations } = pod.metadata;
  if (annotations === undefined || spec === undefined || spec.os?.name === 'windows') return;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers ?? [], ...(spec.ephemeralContainers ?? [])]) {
    const annotation = annotations[appArmorPrefix + container.name];
    if (annotation === undefined || container.securityContext?.appArmorProfile !== undefined) continue;
    const profile = profileOf(annotation);
    if (profile !== undefined && !semanticEqual(profile, spec.securityContext?.appArmorProfile)) container.securityContext = { ...container.securityContext, appArmorProfile: profile };
  }
}
