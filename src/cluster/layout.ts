import { join } from 'node:path';

/** The name of our cluster, user and context in a kubeconfig. */
export const contextName = 'coxswain';

/** What a cluster keeps in its data directory, beside what the node's runtime keeps there. */
export function clusterPaths(dataDir: string): { readonly pki: string; readonly store: string; readonly adminKubeconfig: string; readonly kubelet: string; readonly kubeletKubeconfig: string; readonly pid: string; readonly kubeletPid: string } {
  return {
    pki: join(dataDir, 'pki'),
    store: join(dataDir, 'store'),
    adminKubeconfig: join(dataDir, 'admin.kubeconfig'),
    kubelet: join(dataDir, 'kubelet'),
    kubeletKubeconfig: join(dataDir, 'kubelet.kubeconfig'),
    pid: join(dataDir, 'coxswain.pid'),
    kubeletPid: join(dataDir, 'kubelet.pid'),
  };
}

/** The same names, for `reset`: nothing else in the folder is ours to remove. */
export const dataDirEntries: readonly string[] = ['pki', 'store', 'admin.kubeconfig', 'kubelet', 'kubelet.kubeconfig', 'pods', 'logs', 'coxswain.pid', 'kubelet.pid'];
