import type { Labels } from '../api/meta/labels.ts';
import { nameOf, namespaceOf } from '../api/meta/object.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { NetworkPolicy } from '../api/types/networking/v1.ts';

export interface NamedPort { readonly name: string; readonly protocol: string; readonly port: number }

/** A pod as network policies see it. */
export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly ips: readonly string[];
  readonly ports: readonly NamedPort[];
  /** Runs on this node: its traffic is judged here. */
  readonly isLocal: boolean;
  /** Ports under which it is known, and those at which it really listens: `UDP/53` -> 10053. */
  readonly aliases?: ReadonlyMap<string, number>;
}

/** All that decides who may talk to whom. */
export interface PolicyState {
  readonly pods: readonly PolicyPod[];
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly policies: readonly NetworkPolicy[];
}

/** Undefined for pods that have no addresses of their own: those of the host's network, those that have ended. */
export function policyPod(pod: Pod, nodeName: string): PolicyPod | undefined {
  const { spec, status } = pod;
  const ips = (status?.podIPs ?? (status?.podIP === undefined ? [] : [{ ip: status.podIP }])).map(({ ip }) => ip).filter((ip) => ip !== '');
  if (ips.length === 0 || spec?.hostNetwork === true || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
  return {
    namespace: namespaceOf(pod), name: nameOf(pod), labels: pod.metadata.labels ?? {}, ips, isLocal: spec?.nodeName === nodeName,
    ports: containers.flatMap(({ ports = [] }) => ports.filter(({ name }) => name !== undefined).map(({ name = '', protocol = 'TCP', containerPort }) => ({ name, protocol, port: containerPort }))),
  };
}
