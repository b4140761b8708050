import { pods } from '../../api/resources.ts';
import { rule } from '../rule.ts';
import { eventEvidence, fieldEvidence } from '../wording.ts';
import { containersOf, containerText } from './containers.ts';

const reasons: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError', 'RegistryUnavailable', 'SignatureValidationFailed']);

/** An image that cannot be had. */
export const imagePull = rule('image-pull', pods, async (pod, { view }) => {
  const events = await view.eventsOf(pod, 'Failed', 'ErrImageNeverPull', 'InspectFailed');
  return containersOf(pod).flatMap((looked) => {
    const { container, status } = looked;
    const { reason = '', message = '' } = status.state?.waiting ?? {};
    if (!reasons.has(reason)) return [];
    const remedy = reason === 'InvalidImageName' ? [`Correct the image's name: ${container.image} is none.`]
      : reason === 'ErrImageNeverPull' ? ['Load the image into the node (coxswain image load), or let it be pulled: imagePullPolicy is Never.']
      : ['See that the image and its tag exist in the registry, and are spelled so.', 'See that the registry is reached from the node, and that spec.imagePullSecrets names credentials if it asks for them.'];
    return [{
      cause: 'image-pull', fact: `${containerText(looked, pod)} does not start: its image ${container.image ?? ''} cannot be pulled.`,
      evidence: [fieldEvidence('status.containerStatuses', `${reason}${message === '' ? '' : `: ${message}`}`), ...eventEvidence(events.filter((event) => (event.message ?? '').includes(container.image ?? '')))], remedy,
    }];
  });
});
