import type { Pod } from '../../api/types/core/v1.ts';
import { KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';

/** Says which container is meant when nobody says. */
export const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

const namesIn = (list: readonly { readonly name: string }[] | undefined): readonly string[] => (list ?? []).map(({ name }) => name);

/** `main, sidecar, debugger (ephem), setup (init)`. */
export const allContainerNames = ({ spec }: Pod): string => [...namesIn(spec?.containers), ...namesIn(spec?.ephemeralContainers).map((name) => `${name} (ephem)`), ...namesIn(spec?.initContainers).map((name) => `${name} (init)`)].join(', ');

export const hasContainer = ({ spec }: Pod, name: string): boolean => [spec?.containers, spec?.initContainers, spec?.ephemeralContainers].some((list) => namesIn(list).includes(name));

/** More than one container: whoever gets the first one is told so. */
export const hasSeveral = ({ spec }: Pod): boolean => namesIn(spec?.containers).length > 1 || namesIn(spec?.initContainers).length > 0 || namesIn(spec?.ephemeralContainers).length > 0;

/** The container that is meant by `name`, or, without one, the default one, which is then told. Throws KubectlError for one that the pod does not have. */
export async function containerOf(pod: Pod, name: string, { io, quiet }: { readonly io: Pick<Io, 'stderr'>; readonly quiet: boolean }): Promise<string> {
  const wanted = name === '' ? pod.metadata.annotations?.[defaultContainerAnnotation] ?? '' : name;
  if (wanted !== '') {
    if (!hasContainer(pod, wanted)) throw new KubectlError(`container ${wanted} is not valid for pod ${pod.metadata.name ?? ''} out of: ${allContainerNames(pod)}`);
    return wanted;
  }
  const first = pod.spec?.containers[0]?.name;
  if (first === undefined) throw new KubectlError(`pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''} does not have any containers`);
  if (!quiet && hasSeveral(pod)) await io.stderr.write(`Defaulted container ${JSON.stringify(first)} out of: ${allContainerNames(pod)}\n`);
  return first;
}
