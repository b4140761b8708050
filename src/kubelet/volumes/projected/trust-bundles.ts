import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import { clustertrustbundles } from '../../../api/resources.ts';
import { isReason } from '../../../api/status.ts';
import type { ReferencedObjects } from '../../referenced-objects.ts';
import type { TrustBundleRequest } from '../volume-plugin.ts';

/** The PEM texts of the bundles that a pod wants; the pod hears of their changes. Rejects where the API has no such objects. */
export async function trustBundlesOf(references: ReferencedObjects, podUid: string, request: TrustBundleRequest): Promise<readonly string[]> {
  try {
    const bundles = await references.all(podUid, clustertrustbundles);
    if ('name' in request) return bundles.filter(({ metadata }) => metadata.name === request.name).map(({ spec }) => spec?.trustBundle ?? '');
    // Without a selector nothing matches, with an empty one everything does.
    const selector = labelSelectorAsSelector(request.labelSelector);
    return bundles.filter(({ metadata, spec }) => spec?.signerName === request.signerName && selector.matches(metadata.labels)).map(({ spec }) => spec?.trustBundle ?? '');
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    throw new Error('not supported: the API server does not serve clustertrustbundles of certificates.k8s.io/v1beta1', { cause: error });
  }
}
