import type { Container, EphemeralContainer, Pod } from '../../../api/types/core/v1.ts';
import { KubectlError } from '../../errors.ts';

/** How somebody looks into something: from a container beside those of the pod, from a copy of it, or from a pod on the node. */
export type DebugStyle = 'ephemeral' | 'copy' | 'node';

/** What a copy keeps of the pod that it was made of. */
export interface Keep {
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly liveness: boolean;
  readonly readiness: boolean;
  readonly startup: boolean;
  readonly initContainers: boolean;
}

export type DebugContainer = Container | EphemeralContainer;

/** What a profile changes: the container that somebody debugs from, and the pod that it is in. */
interface Debugged {
  readonly pod: Pod;
  readonly container: DebugContainer;
  readonly style: DebugStyle;
  readonly keep: Keep;
}

type Profile = (debugged: Debugged) => void;

const addCapabilities = (container: DebugContainer, ...added: readonly string[]): void => {
  const { securityContext } = container;
  container.securityContext = { ...securityContext, capabilities: { ...securityContext?.capabilities, add: [...(securityContext?.capabilities?.add ?? []), ...added] } };
};

function mountHost({ pod, container }: Debugged): void {
  pod.spec!.volumes = [...(pod.spec!.volumes ?? []), { name: 'host-root', hostPath: { path: '/' } }];
  container.volumeMounts = [...(container.volumeMounts ?? []), { mountPath: '/host', name: 'host-root' }];
}

const useHostNamespaces = ({ pod }: Debugged): void => void Object.assign(pod.spec!, { hostNetwork: true, hostPID: true, hostIPC: true });

/** A copy is not to be taken for the original by services, controllers and probes. */
function stripCopy({ pod, style, keep }: Debugged): void {
  if (style !== 'copy') return;
  if (!keep.labels) delete pod.metadata.labels;
  if (!keep.annotations) delete pod.metadata.annotations;
  for (const container of pod.spec!.containers) {
    if (!keep.liveness) delete container.livenessProbe;
    if (!keep.readiness) delete container.readinessProbe;
    if (!keep.startup) delete container.startupProbe;
  }
  if (!keep.initContainers) delete pod.spec!.initContainers;
  pod.spec!.shareProcessNamespace ??= true;
}

const profiles: Readonly<Record<string, Profile>> = {
  legacy(debugged) {
    if (debugged.style === 'copy') delete debugged.pod.metadata.labels;
    if (debugged.style !== 'node') return;
    mountHost(debugged);
    useHostNamespaces(debugged);
  },
  general(debugged) {
    stripCopy(debugged);
    if (debugged.style !== 'node') return addCapabilities(debugged.container, 'SYS_PTRACE');
    mountHost(debugged);
    delete debugged.container.securityContext;
    useHostNamespaces(debugged);
  },
  baseline(debugged) {
    delete debugged.container.securityContext;
    stripCopy(debugged);
  },
  restricted(debugged) {
    debugged.container.securityContext = { runAsNonRoot: true, capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } };
    stripCopy(debugged);
  },
  netadmin(debugged) {
    addCapabilities(debugged.container, 'NET_ADMIN', 'NET_RAW');
    if (debugged.style === 'node') useHostNamespaces(debugged);
    stripCopy(debugged);
  },
  sysadmin(debugged) {
    debugged.container.securityContext = { ...debugged.container.securityContext, privileged: true };
    if (debugged.style === 'node') {
      useHostNamespaces(debugged);
      mountHost(debugged);
    }
    stripCopy(debugged);
  },
};

/** The profile of that name, which gives a debugging container and its pod the rights that it needs. Throws KubectlError for one that there is not. */
export function profileOf(name: string): Profile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined) throw new KubectlError(`unknown profile: ${name}`);
  return profile;
}
