import { notSupported } from '../../../api/field-error.ts';
import { formatFieldError } from '../../../api/field-error.ts';
import { pods } from '../../../api/resources.ts';
import type { Container, Pod } from '../../../api/types/core/v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';

const always = 'Always';
const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

function containersOf({ spec }: Pod): readonly { readonly path: string; readonly container: Container }[] {
  return lists.flatMap((list) => ((spec?.[list] ?? []) as readonly Container[]).map((container, i) => ({ path: `spec.${list}[${i}]`, container })));
}

/** An update that brings no image leaves the pod as it is. */
function bringsNoImage({ operation, object, oldObject }: AdmissionAttributes): boolean {
  if (operation !== 'UPDATE') return false;
  const known = new Set(containersOf(oldObject as Pod).map(({ container }) => container.image));
  return containersOf(object as Pod).every(({ container }) => known.has(container.image));
}

/** Nobody runs another's private image by its name alone: images are always pulled, with credentials. */
export function alwaysPullImages(): AdmissionPlugin {
  return {
    name: 'AlwaysPullImages',
    handles: concernedBy(['CREATE', 'UPDATE'], pods),
    admit(attributes) {
      if (bringsNoImage(attributes)) return;
      const pod = attributes.object as Pod;
      for (const { container } of containersOf(pod)) container.imagePullPolicy = always;
      for (const { image } of pod.spec?.volumes ?? []) if (image !== undefined) image.pullPolicy = always;
    },
    validate(attributes) {
      if (bringsNoImage(attributes)) return;
      const pod = attributes.object as Pod;
      const refuse = (path: string, policy: string | undefined): void => {
        if (policy !== always) throw refusal(attributes, formatFieldError(notSupported(path, policy ?? '', [always])));
      };
      for (const { path, container } of containersOf(pod)) refuse(`${path}.imagePullPolicy`, container.imagePullPolicy);
      for (const [i, { image }] of (pod.spec?.volumes ?? []).entries()) if (image !== undefined) refuse(`spec.volumes[${i}].image.pullPolicy`, image.pullPolicy);
    },
  };
}
