import { services } from '../../../api/resources.ts';
import type { Service } from '../../../api/types/core/v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { concernedBy, refusal } from '../refuse.ts';

/** Services may keep the external addresses that they have, and get no others (CVE-2020-8554). */
export function denyServiceExternalIps(): AdmissionPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    handles: concernedBy(['CREATE', 'UPDATE'], services),
    validate(attributes) {
      const known = new Set((attributes.oldObject as Service | undefined)?.spec?.externalIPs ?? []);
      if ((attributes.object as Service).spec?.externalIPs?.some((address) => !known.has(address)) === true) throw refusal(attributes, 'Use of external IPs is denied by admission control');
    },
  };
}
