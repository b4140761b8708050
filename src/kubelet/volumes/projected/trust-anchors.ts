import type { ClusterTrustBundleProjection, Pod } from '../../../api/types/core/v1.ts';
import { pemBlocks } from '../../../api/x509/pem.ts';
import type { VolumeContext } from '../volume-plugin.ts';

const lineLength = 64;

/** The certificates of one bundle or of a signer's, each once. Rejects, worded as upstream, when there are none and there must be. */
export async function trustAnchors(context: VolumeContext, pod: Pod, { name, signerName, labelSelector, optional = false }: ClusterTrustBundleProjection): Promise<string> {
  if (name === undefined && signerName === undefined) throw new Error('ClusterTrustBundle projection requires either name or signerName to be set');
  const bundles = await context.trustBundles(pod, name !== undefined ? { name } : { signerName: signerName ?? '', labelSelector });
  if (bundles.length === 0 && !optional) {
    throw new Error(name !== undefined ? `while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io ${JSON.stringify(name)} not found` : 'combination of signerName and labelSelector matched zero ClusterTrustBundles');
  }
  return normalize(bundles);
}

/** Without what stands between the blocks, headers and doubles; sorted, so that the order of objects changes nothing. */
function normalize(bundles: readonly string[]): string {
  const anchors = new Set<string>();
  for (const bundle of bundles) for (const { base64 } of pemBlocks(bundle)) anchors.add(base64);
  return [...anchors].sort().map((body) => `-----BEGIN CERTIFICATE-----\n${body.match(new RegExp(`.{1,${lineLength}}`, 'g'))?.join('\n') ?? ''}\n-----END CERTIFICATE-----\n`).join('');
}
