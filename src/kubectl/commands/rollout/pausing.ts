import type { Command } from '../../command.ts';
import { command } from '../../command.ts';
import { fullNameOf } from '../../discovery/resource.ts';
import { KubectlError } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { changeObjects } from '../../writes/change-objects.ts';
import { fieldManagerFlag } from '../../writes/write-flags.ts';
import { requireResource, rolloutFlags } from './rollout-flags.ts';
import type { Workload } from './workload.ts';

/** `rollout pause` and `rollout resume`. */
export function pausingCommand(name: 'pause' | 'resume', description: string): Command {
  const paused = name === 'pause';
  return command({
    usage: `${name} RESOURCE`, description,
    examples: `
    # ${paused ? 'Mark the nginx deployment as paused' : 'Resume an already paused deployment'}
    kubectl rollout ${name} deployment/nginx`,
    flags: { ...rolloutFlags, ...fieldManagerFlag('kubectl-rollout') },
    async run({ session, flags, args }) {
      requireResource(args, flags);
      await changeObjects(session, {
        selection: { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: true }, flags, dryRun: 'none', fieldManager: flags['field-manager'],
        change(object, { resource, name: objectName }) {
          const { spec } = object as Workload;
          if (object.kind !== 'Deployment') throw new KubectlError(`${fullNameOf(resource!)} ${JSON.stringify(objectName)} ${paused ? 'pausing' : 'resuming'} is not supported`);
          if ((spec.paused === true) === paused) throw new KubectlError(`${fullNameOf(resource!)} ${JSON.stringify(objectName)} is ${paused ? 'already' : 'not'} paused`);
          const { paused: _, ...rest } = spec;
          return { object: { ...object, spec: paused ? { ...spec, paused: true } : rest }, operation: paused ? 'paused' : 'resumed' };
        },
        none: 'no resources found',
      });
    },
  });
}
