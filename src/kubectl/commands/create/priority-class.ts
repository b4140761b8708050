import { bool, int, text } from '../../flags/flags.ts';
import { generatedCommand } from './generated.ts';

export default generatedCommand({
  usage: 'priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  aliases: ['pc'],
  failure: 'failed to create priorityclass: ',
  description: 'Create a priority class with the specified name, value, globalDefault and description.',
  examples: `
    # Create a priority class named high-priority
    kubectl create priorityclass high-priority --value=1000 --description="high priority"

    # Create a priority class named high-priority that cannot preempt pods with lower priority
    kubectl create priorityclass high-priority --value=1000 --preemption-policy="Never"`,
  flags: {
    'description': text('description is an arbitrary string that usually provides guidelines on when this priority class should be used.'),
    'global-default': bool('global-default specifies whether this PriorityClass should be considered as the default priority.'),
    'preemption-policy': text('preemption-policy is the policy for preempting pods with lower priority.', { initial: 'PreemptLowerPriority' }),
    'value': int('the value of this priority class.', { bits: 32 }),
  },
  make: ({ flags: { description, value, 'global-default': globalDefault, 'preemption-policy': preemptionPolicy } }, name) => ({
    apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, preemptionPolicy, ...(globalDefault && { globalDefault }), ...(description !== '' && { description }),
  }),
});
