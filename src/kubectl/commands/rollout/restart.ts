import { formatTime } from '../../../base/clock.ts';
import { command } from '../../command.ts';
import { fullNameOf } from '../../discovery/resource.ts';
import { KubectlError } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { changeObjects } from '../../writes/change-objects.ts';
import { fieldManagerFlag } from '../../writes/write-flags.ts';
import { requireResource, rolloutFlags } from './rollout-flags.ts';
import type { Workload } from './workload.ts';

/** Its change makes another template, and so new pods. */
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

export default command({
  usage: 'restart RESOURCE',
  description: 'Restart a resource.\n\n Resource rollout will be restarted: its pods are replaced as in any other update.',
  examples: `
    # Restart a deployment
    kubectl rollout restart deployment/nginx

    # Restart deployments with the 'app=nginx' label
    kubectl rollout restart deployment --selector=app=nginx`,
  flags: { ...rolloutFlags, ...fieldManagerFlag('kubectl-rollout') },
  async run({ session, flags, args }) {
    requireResource(args, flags);
    const now = formatTime(session.io.clock.now());
    await changeObjects(session, {
      selection: { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: true }, flags, dryRun: 'none', fieldManager: flags['field-manager'],
      change(object, { resource, name }) {
        const { spec, kind = '' } = object as Workload;
        if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)) throw new KubectlError(`${fullNameOf(resource!)} ${JSON.stringify(name)} restarting is not supported`);
        if (spec.paused === true) throw new KubectlError(`${fullNameOf(resource!)} ${JSON.stringify(name)} can't restart paused deployment (run rollout resume first)`);
        const { template } = spec;
        if (template.metadata?.annotations?.[restartedAt] === now) throw new KubectlError(`if restart has already been triggered within the past second, please wait before attempting to trigger another`);
        return { object: { ...object, spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [restartedAt]: now } } } } }, operation: 'restarted' };
      },
      none: 'no resources found',
    });
  },
});
