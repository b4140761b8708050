import { parseTime } from '../../../api/meta/time.ts';
import { ingressclasses, ingresses } from '../../../api/resources.ts';
import type { Ingress, IngressClass } from '../../../api/types/networking/v1.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy } from '../refuse.ts';

const mark = 'ingressclass.kubernetes.io/is-default-class';
const legacyAnnotation = 'kubernetes.io/ingress.class';

/** Of several the newest, by name among those of an age. */
function defaultClass(classes: readonly IngressClass[]): IngressClass | undefined {
  const createdMs = ({ metadata }: IngressClass): number => parseTime(metadata.creationTimestamp ?? '') ?? 0;
  return classes.filter(({ metadata }) => metadata.annotations?.[mark] === 'true').sort((a, b) => createdMs(b) - createdMs(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))[0];
}

/** Ingresses that name no class get the default one. */
export function defaultIngressClass(options: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    handles: concernedBy(['CREATE'], ingresses),
    admit({ object }) {
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[legacyAnnotation] !== undefined) return;
      const name = defaultClass(options.reader.list(ingressclasses))?.metadata.name;
      if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name };
    },
  };
}
