import { formatLabels } from '../../../../api/meta/labels.ts';
import type { StorageClass } from '../../../../api/types/storage/v1.ts';
import { describer } from '../describer.ts';
import { boolText } from '../page.ts';

const defaultAnnotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

export default describer<StorageClass>('storage.k8s.io/v1', async (storageClass, { page, events }) => {
  const { metadata, provisioner, parameters, allowVolumeExpansion, mountOptions = [], reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  page.field('Name', metadata.name);
  page.field('IsDefaultClass', defaultAnnotations.some((key) => metadata.annotations?.[key] === 'true') ? 'Yes' : 'No');
  page.field('Annotations', formatLabels(metadata.annotations));
  page.field('Provisioner', provisioner);
  page.field('Parameters', formatLabels(parameters));
  page.field('AllowVolumeExpansion', allowVolumeExpansion === undefined ? '<unset>' : boolText(allowVolumeExpansion));
  page.line(0, mountOptions.length === 0 ? 'MountOptions:\t<none>' : 'MountOptions:');
  for (const option of mountOptions) page.line(1, option);
  if (reclaimPolicy !== undefined) page.field('ReclaimPolicy', reclaimPolicy);
  if (volumeBindingMode !== undefined) page.field('VolumeBindingMode', volumeBindingMode);
  if (allowedTopologies !== undefined) {
    page.field('AllowedTopologies', allowedTopologies.length === 0 ? '<none>' : '');
    allowedTopologies.forEach(({ matchLabelExpressions = [] }, i) => {
      if (matchLabelExpressions.length === 0) page.field(`Term ${i}`, '<none>', 1);
      matchLabelExpressions.forEach(({ key, values }, j) => page.line(1, `${j === 0 ? `Term ${i}:` : ''}\t${key} in${values.length === 0 ? '' : ` [${values.join(', ')}]`}`));
    });
  }
  await events();
});
