import { describeSame } from './compare.ts';
import { kustomizations } from './kustomizations.ts';

describeSame('kubectl kustomize and -k, beside upstream\'s', {
  name: 'kustomize',
  lines: ['kustomize base', 'kustomize over', 'kustomize more', 'kustomize pre', 'kustomize bad', 'kustomize nodir', 'kustomize a b', 'apply -k base --dry-run=client', 'apply -k base --dry-run=server -o name', 'create -k base --dry-run=client -o name', 'get -k base', 'delete -k nodir', 'apply -k bad', 'apply -k base -f x'],
  setUp(comparison) {
    comparison.files(kustomizations);
    return Promise.resolve();
  },
});
