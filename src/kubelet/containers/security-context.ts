import type { Container, Pod, PodSecurityContext } from '../../api/types/core/v1.ts';
import type { SecurityContext } from '../../runtime/runtime.ts';
import { ContainerConfigError } from '../environment/environment.ts';
import { formatPod, specOf } from '../pods/pod-spec.ts';

/** While it is being made. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Where the kubelet looks for profiles of type Localhost. */
const seccompRoot = 'seccomp';

/** The user that an image runs as. */
export interface ImageUser { readonly uid: number | undefined; readonly username: string }

/** What a container may do: its own settings before the pod's. Throws ContainerConfigError when runAsNonRoot forbids it. */
export function containerSecurityContext(pod: Pod, container: Container, image: ImageUser, { rootDir, seccompDefault }: { readonly rootDir: string; readonly seccompDefault: boolean }): SecurityContext {
  const podContext = specOf(pod).securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? podContext.runAsUser;
  const runAsGroup = own.runAsGroup ?? podContext.runAsGroup;
  if (own.runAsNonRoot ?? podContext.runAsNonRoot ?? false) verifyNonRoot(pod, container, runAsUser, image);
  const privileged = own.privileged === true;
  const context: Writable<SecurityContext> = {
    supplementalGroups: groupsOf(podContext),
    privileged,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    seccomp: privileged ? { type: 'Unconfined' } : seccompOf(own.seccompProfile ?? podContext.seccompProfile, rootDir, seccompDefault),
    unmaskedProc: privileged || own.procMount === 'Unmasked',
  };
  if (runAsUser !== undefined) context.runAsUser = runAsUser;
  else if (image.username !== '') context.runAsUserName = image.username;
  else if (image.uid !== undefined) context.runAsUser = image.uid;
  if (runAsGroup !== undefined) context.runAsGroup = runAsGroup;
  if (podContext.supplementalGroupsPolicy === 'Strict') context.supplementalGroupsPolicy = 'Strict';
  const appArmor = appArmorOf(own.appArmorProfile ?? podContext.appArmorProfile);
  if (appArmor !== undefined) context.appArmor = appArmor;
  return context;
}

/** What the sandbox itself runs as. */
export function sandboxSecurityContext(pod: Pod): SecurityContext {
  const podContext = specOf(pod).securityContext ?? {};
  const isPrivileged = (container: Container): boolean => container.securityContext?.privileged === true;
  const context: Writable<SecurityContext> = {
    supplementalGroups: groupsOf(podContext),
    privileged: specOf(pod).containers.some(isPrivileged) || specOf(pod).initContainers?.some(isPrivileged) === true,
    readOnlyRootFilesystem: false,
    noNewPrivileges: false,
    addCapabilities: [],
    dropCapabilities: [],
    // Whatever the pod's profile: it needs to do nothing but wait.
    seccomp: { type: 'RuntimeDefault' },
    unmaskedProc: false,
  };
  if (podContext.runAsUser !== undefined) {
    context.runAsUser = podContext.runAsUser;
    if (podContext.runAsGroup !== undefined) context.runAsGroup = podContext.runAsGroup;
  }
  if (podContext.supplementalGroupsPolicy === 'Strict') context.supplementalGroupsPolicy = 'Strict';
  return context;
}

function groupsOf({ supplementalGroups = [], fsGroup }: PodSecurityContext): readonly number[] {
  return fsGroup === undefined && supplementalGroups.length < 2 ? supplementalGroups : [...new Set([...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])])];
}

function appArmorOf(profile: { readonly type: string; readonly localhostProfile?: string } | undefined): SecurityContext['appArmor'] {
  switch (profile?.type) {
    case 'RuntimeDefault':
    case 'Unconfined':
      return { type: profile.type };
    case 'Localhost':
      return { type: 'Localhost', path: profile.localhostProfile ?? '' };
    default:
      return undefined;
  }
}

function seccompOf(profile: { readonly type: string; readonly localhostProfile?: string } | undefined, rootDir: string, seccompDefault: boolean): SecurityContext['seccomp'] {
  switch (profile?.type ?? (seccompDefault ? 'RuntimeDefault' : 'Unconfined')) {
    case 'RuntimeDefault':
      return { type: 'RuntimeDefault' };
    case 'Localhost':
      return { type: 'Localhost', path: `${rootDir}/${seccompRoot}/${profile?.localhostProfile ?? ''}` };
    default:
      return { type: 'Unconfined' };
  }
}

function verifyNonRoot(pod: Pod, container: Container, runAsUser: number | undefined, image: ImageUser): void {
  const where = `(pod: ${JSON.stringify(formatPod(pod))}, container: ${container.name})`;
  if (runAsUser !== undefined) {
    if (runAsUser === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  // An image that names no user runs as root.
  if (image.uid === 0 || (image.uid === undefined && image.username === '')) throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (image.uid === undefined) throw new ContainerConfigError(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`);
}
