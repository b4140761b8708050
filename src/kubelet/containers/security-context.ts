import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { SecurityContext } from '../../runtime/runtime.ts';
import { ContainerConfigError } from '../environment/environment.ts';
import { formatPod, specOf } from '../pods/pod-spec.ts';

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
  return {
    ...(runAsUser !== undefined ? { runAsUser } : image.uid !== undefined && image.username === '' ? { runAsUser: image.uid } : image.username !== '' ? { runAsUserName: image.username } : {}),
    ...(runAsGroup !== undefined && { runAsGroup }),
    ...groupsOf(pod),
    privileged,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    seccomp: privileged ? { type: 'Unconfined' } : seccompOf(own.seccompProfile ?? podContext.seccompProfile, rootDir, seccompDefault),
    ...appArmorOf(own.appArmorProfile ?? podContext.appArmorProfile),
    unmaskedProc: privileged || own.procMount === 'Unmasked',
  };
}

/** What the sandbox itself runs as. */
export function sandboxSecurityContext(pod: Pod): SecurityContext {
  const podContext = specOf(pod).securityContext ?? {};
  const privileged = [...(specOf(pod).initContainers ?? []), ...specOf(pod).containers].some((container) => container.securityContext?.privileged === true);
  return {
    ...(podContext.runAsUser !== undefined && { runAsUser: podContext.runAsUser }),
    ...(podContext.runAsUser !== undefined && podContext.runAsGroup !== undefined && { runAsGroup: podContext.runAsGroup }),
    ...groupsOf(pod),
    privileged,
    readOnlyRootFilesystem: false,
    noNewPrivileges: false,
    addCapabilities: [],
    dropCapabilities: [],
    // Whatever the pod's profile: it needs to do nothing but wait.
    seccomp: { type: 'RuntimeDefault' },
    unmaskedProc: false,
  };
}

function groupsOf(pod: Pod): Pick<SecurityContext, 'supplementalGroups' | 'supplementalGroupsPolicy'> {
  const { supplementalGroups = [], fsGroup, supplementalGroupsPolicy: policy } = specOf(pod).securityContext ?? {};
  return {
    supplementalGroups: [...new Set([...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])])],
    ...(policy === 'Strict' && { supplementalGroupsPolicy: policy }),
  };
}

function appArmorOf(profile: { readonly type: string; readonly localhostProfile?: string } | undefined): Pick<SecurityContext, 'appArmor'> {
  switch (profile?.type) {
    case 'RuntimeDefault':
    case 'Unconfined':
      return { appArmor: { type: profile.type } };
    case 'Localhost':
      return { appArmor: { type: 'Localhost', path: profile.localhostProfile ?? '' } };
    default:
      return {};
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
