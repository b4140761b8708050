import type { Container, Pod } from '../../../api/types/core/v1.ts';

/** Of what may be changed about a pod, only images and added containers matter to the standards. */
export function isSignificantUpdate({ spec }: Pod, { spec: old }: Pod): boolean {
  const differs = (containers: readonly Container[] = [], before: readonly Container[] = []): boolean =>
    containers.length !== before.length || containers.some(({ image }, i) => image !== before[i]!.image);
  if (differs(spec?.containers, old?.containers) || differs(spec?.initContainers, old?.initContainers)) return true;
  return (spec?.ephemeralContainers ?? []).some(({ name, image }) => {
    const before = old?.ephemeralContainers?.find((one) => one.name === name);
    return before === undefined || before.image !== image;
  });
}
