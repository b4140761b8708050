import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts';
import { refusal } from '../refuse.ts';

/** Lets everything pass; has been without meaning since there is more than one plug-in. */
export function alwaysAdmit(): AdmissionPlugin {
  return { name: 'AlwaysAdmit', handles: () => false };
}

/** Refuses everything, for tests. */
export function alwaysDeny(): AdmissionPlugin {
  const deny = (attributes: AdmissionAttributes): void => {
    throw refusal(attributes, 'admission control is denying all modifications');
  };
  return { name: 'AlwaysDeny', admit: deny, validate: deny };
}
