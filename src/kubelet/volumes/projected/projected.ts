import type { Pod } from '../../../api/types/core/v1.ts';
import type { TreeFile } from '../../host.ts';
import { specOf } from '../../pods/pod-spec.ts';
import { downwardFiles } from '../common/downward-files.ts';
import { configMapFiles, secretFiles } from '../common/object-files.ts';
import type { FilesPlugin } from '../volume-plugin.ts';

/** Several sources in one directory, among them the pod's service account token. */
export const projected: FilesPlugin = {
  kind: 'files',
  field: 'projected',
  directoryName: 'projected',
  inMemory: true,
  async collect(context, pod, volume) {
    const { sources = [], defaultMode = 0o644 } = volume.projected ?? {};
    const files = new Map<string, TreeFile>();
    const add = (more: ReadonlyMap<string, TreeFile>): void => { for (const [path, file] of more) files.set(path, file); };
    let refreshAtMs: number | undefined;
    const userId = commonUser(pod);
    const fsGroup = specOf(pod).securityContext?.fsGroup;
    for (const source of sources) {
      if (source.configMap !== undefined) {
        const { name = '', items, optional = false } = source.configMap;
        const configMap = await context.configMap(pod, name);
        if (configMap === undefined && !optional) throw new Error(`configmap ${JSON.stringify(name)} not found`);
        add(configMapFiles(configMap, { items, mode: defaultMode, optional }));
      } else if (source.secret !== undefined) {
        const { name = '', items, optional = false } = source.secret;
        const secret = await context.secret(pod, name);
        if (secret === undefined && !optional) throw new Error(`secret ${JSON.stringify(name)} not found`);
        add(secretFiles(secret, { items, mode: defaultMode, optional }));
      } else if (source.downwardAPI !== undefined) {
        add(downwardFiles(pod, source.downwardAPI.items ?? [], defaultMode, context.facts()));
      } else if (source.serviceAccountToken !== undefined) {
        const { path, audience, expirationSeconds = 3600 } = source.serviceAccountToken;
        const token = await context.tokens.get(pod, { audience, expirationSeconds });
        // Only the pod's own user or group may read it where they are known (KEP-1205).
        const mode = userId !== undefined || fsGroup !== undefined ? 0o600 : defaultMode;
        files.set(path, { data: Buffer.from(token.token, 'utf8'), mode });
        refreshAtMs = Math.min(refreshAtMs ?? Infinity, token.renewAtMs);
      } else if (source.clusterTrustBundle !== undefined) throw new Error('not supported: projected clusterTrustBundle');
      else if (source.podCertificate !== undefined) throw new Error('not supported: projected podCertificate');
    }
    return { files, ...(refreshAtMs !== undefined && { refreshAtMs }), ...(userId !== undefined && { userId }) };
  },
};

/** The user that every container runs as, when the spec says so for all of them. */
function commonUser(pod: Pod): number | undefined {
  const spec = specOf(pod);
  const users = new Set([...(spec.initContainers ?? []), ...spec.containers].map((container) => container.securityContext?.runAsUser ?? spec.securityContext?.runAsUser));
  return users.size === 1 ? [...users][0] : undefined;
}
