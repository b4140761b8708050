import { KubectlError } from '../../errors.ts';
import { text } from '../../flags/flags.ts';
import { generatedCommand } from './generated.ts';
import { intOrStringOf } from '../../writes/int-or-string.ts';
import { labelSelectorOf } from '../../writes/label-selector-of.ts';

const countOrPercent = /^[0-9]+%?$/;

export default generatedCommand({
  usage: 'poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  aliases: ['pdb'],
  failure: 'failed to create poddisruptionbudgets: ',
  description: 'Create a pod disruption budget with the specified name, selector, and desired minimum available pods.',
  examples: `
    # Require at least one of the pods with the app=rails label to be available at any point in time
    kubectl create poddisruptionbudget my-pdb --selector=app=rails --min-available=1

    # Require at least half of the pods with the app=nginx label to be available
    kubectl create pdb my-pdb --selector=app=nginx --min-available=50%`,
  flags: {
    'max-unavailable': text('The maximum number or percentage of unavailable pods this budget requires.'),
    'min-available': text('The minimum number or percentage of available pods this budget requires.'),
    'selector': text('A label selector to use for this budget. Only equality-based selector requirements are supported.'),
  },
  check({ flags: { selector, 'min-available': min, 'max-unavailable': max } }) {
    if (selector === '') throw new KubectlError('a selector must be specified');
    if (min === '' && max === '') throw new KubectlError('one of min-available or max-unavailable must be specified');
    if (min !== '' && max !== '') throw new KubectlError('min-available and max-unavailable cannot be both specified');
    if (!countOrPercent.test(min + max)) throw new KubectlError(`invalid format specified for ${min === '' ? 'max-unavailable' : 'min-available'}`);
  },
  make: ({ flags: { selector, 'min-available': min, 'max-unavailable': max } }, name) => ({
    apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name },
    spec: { ...(min === '' ? { maxUnavailable: intOrStringOf(max) } : { minAvailable: intOrStringOf(min) }), selector: labelSelectorOf(selector) },
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  }),
});
