import type { Container, Pod, VolumeProjection } from '../../../api/types/core/v1.ts';
import type { TreeFile } from '../../host.ts';
import { specOf } from '../../pods/pod-spec.ts';
import { aggregate } from '../common/aggregate.ts';
import { downwardFiles } from '../common/downward-files.ts';
import { configMapFiles, secretFiles } from '../common/object-files.ts';
import type { CollectedFiles, FilesPlugin, VolumeContext } from '../volume-plugin.ts';
import { trustAnchors } from './trust-anchors.ts';

/** Several sources in one directory, among them the pod's service account token. Tells of all sources that fail, as upstream. */
export const projected: FilesPlugin = {
  kind: 'files',
  field: 'projected',
  directoryName: 'projected',
  inMemory: true,
  async collect(context, pod, volume) {
    const { sources = [], defaultMode = 0o644 } = volume.projected ?? {};
    const files = new Map<string, TreeFile>();
    const failures: string[] = [];
    let refreshAtMs: number | undefined;
    const parts = await Promise.allSettled(sources.map((source) => collectSource(context, pod, source, defaultMode)));
    for (const part of parts) {
      if (part.status === 'rejected') {
        failures.push((part.reason as Error).message);
        continue;
      }
      for (const [path, file] of part.value.files) files.set(path, file);
      if (part.value.refreshAtMs !== undefined) refreshAtMs = Math.min(refreshAtMs ?? Infinity, part.value.refreshAtMs);
    }
    if (failures.length > 0) throw new Error(aggregate(failures));
    return { files, ...(refreshAtMs !== undefined && { refreshAtMs }) };
  },
};

async function collectSource(context: VolumeContext, pod: Pod, source: VolumeProjection, mode: number): Promise<CollectedFiles> {
  if (source.configMap !== undefined) {
    const { name = '', items, optional = false } = source.configMap;
    const configMap = await context.configMap(pod, name);
    if (configMap === undefined && !optional) throw new Error(`configmap ${JSON.stringify(name)} not found`);
    return { files: configMapFiles(configMap, { items, mode, optional }) };
  }
  if (source.secret !== undefined) {
    const { name = '', items, optional = false } = source.secret;
    const secret = await context.secret(pod, name);
    if (secret === undefined && !optional) throw new Error(`secret ${JSON.stringify(name)} not found`);
    return { files: secretFiles(secret, { items, mode, optional }) };
  }
  if (source.downwardAPI !== undefined) return { files: downwardFiles(pod, source.downwardAPI.items ?? [], mode, context.facts()) };
  if (source.serviceAccountToken !== undefined) {
    const { path, audience, expirationSeconds = 3600 } = source.serviceAccountToken;
    const token = await context.tokens.get(pod, { audience, expirationSeconds });
    return { files: new Map([[path, personal(pod, mode, token.token)]]), refreshAtMs: token.renewAtMs };
  }
  if (source.clusterTrustBundle !== undefined) {
    const anchors = await trustAnchors(context, pod, source.clusterTrustBundle);
    return { files: new Map([[source.clusterTrustBundle.path, personal(pod, mode, anchors)]]) };
  }
  throw new Error(`not supported: projected ${Object.keys(source)[0] ?? 'source'}`);
}

/** A file that only the pod's own user or group may read, where they are known (KEP-1205). */
function personal(pod: Pod, mode: number, text: string): TreeFile {
  const userId = commonUser(pod);
  const isKnown = userId !== undefined || specOf(pod).securityContext?.fsGroup !== undefined;
  return { data: Buffer.from(text, 'utf8'), mode: isKnown ? 0o600 : mode, ...(userId !== undefined && { userId }) };
}

/** The user that every container runs as, when the spec says so for all of them. */
function commonUser(pod: Pod): number | undefined {
  const { securityContext, initContainers = [], containers } = specOf(pod);
  const userOf = (container: Container | undefined): number | undefined => container?.securityContext?.runAsUser ?? securityContext?.runAsUser;
  const first = userOf(initContainers[0] ?? containers[0]);
  const isSame = (container: Container): boolean => userOf(container) === first;
  return initContainers.every(isSame) && containers.every(isSame) ? first : undefined;
}
