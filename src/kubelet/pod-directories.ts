import { nameOf, namespaceOf, uidOf } from '../api/meta/object.ts';
import type { Pod } from '../api/types/core/v1.ts';

/** Where things lie on the node. Paths only; nothing is created. */
export class PodDirectories {
  readonly rootDir: string;
  readonly podLogsDir: string;

  constructor(rootDir: string, podLogsDir: string) {
    this.rootDir = rootDir;
    this.podLogsDir = podLogsDir;
  }

  get pods(): string {
    return `${this.rootDir}/pods`;
  }

  pod(podUid: string): string {
    return `${this.pods}/${podUid}`;
  }

  /** `type`: the plugin's name, as upstream's `kubernetes.io~empty-dir`. */
  volume(podUid: string, type: string, name: string): string {
    return `${this.volumes(podUid)}/kubernetes.io~${type}/${name}`;
  }

  volumes(podUid: string): string {
    return `${this.pod(podUid)}/volumes`;
  }

  /** Links to the devices of the pod's volumes, by plugin. */
  volumeDevices(podUid: string, type: string): string {
    return `${this.pod(podUid)}/volumeDevices/kubernetes.io~${type}`;
  }

  /** Where the device of a persistent volume is shown for one pod. */
  mappedDevice(podUid: string, type: 'csi' | 'local-volume', volume: string): { readonly place: string; readonly link: string } {
    const folder = type === 'csi' ? `${this.rootDir}/plugins/kubernetes.io/csi/volumeDevices/${volume}/dev` : `${this.rootDir}/plugins/kubernetes.io~${type}/volumeDevices/${volume}`;
    return { place: `${folder}/${podUid}`, link: `${this.volumeDevices(podUid, type)}/${volume}` };
  }

  /** A file that says that a volume was set up; it outlives the kubelet, not the pod. */
  volumeReady(podUid: string, type: string, name: string): string {
    return `${this.pod(podUid)}/plugins/kubernetes.io~${type}/${name}/ready`;
  }

  volumeSubPaths(podUid: string): string {
    return `${this.pod(podUid)}/volume-subpaths`;
  }

  /** Where a part of a volume is mounted for one mount of a container, by the mount's place in its list. */
  volumeSubPath(podUid: string, volume: string, container: string, index: number): string {
    return `${this.volumeSubPaths(podUid)}/${volume}/${container}/${index}`;
  }

  /** Says which users of the machine are the pod's, as upstream writes it: whoever comes after this kubelet must not give them away. */
  userMappings(podUid: string): string {
    return `${this.pod(podUid)}/userns`;
  }

  etcHosts(podUid: string): string {
    return `${this.pod(podUid)}/etc-hosts`;
  }

  /** The file behind /dev/termination-log of one run of a container. */
  terminationLog(podUid: string, container: string, attempt: number): string {
    return `${this.pod(podUid)}/containers/${container}/${attempt}`;
  }

  logs(pod: Pod): string {
    return `${this.podLogsDir}/${namespaceOf(pod)}_${nameOf(pod)}_${uidOf(pod)}`;
  }
}
