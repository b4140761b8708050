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
    return `${this.pod(podUid)}/volumes/kubernetes.io~${type}/${name}`;
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
