import type { Call } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { text } from '../../flags/flags.ts';
import type { AnyObject } from '../../resources/item.ts';
import { goType } from '../../resources/pods-of.ts';
import { select } from '../../resources/select.ts';
import { generatedCommand } from './generated.ts';

interface CronJob extends AnyObject { readonly spec?: { readonly jobTemplate?: { readonly metadata?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> }; readonly spec?: object } } }

/** A job as the cron job would make it, at once. */
async function jobFrom({ session, flags: { from } }: Pick<Call<{ readonly from: ReturnType<typeof text> }>, 'session' | 'flags'>, name: string): Promise<AnyObject> {
  const items = await (await select(session, { args: [from] })).items();
  const object = items[0]?.object as CronJob | undefined;
  if (object === undefined || items.length !== 1) throw new KubectlError('from must be an existing cronjob');
  if (object.kind !== 'CronJob') throw new KubectlError(`unknown object type ${goType(object)}`);
  const { metadata: { labels, annotations = {} } = {}, spec = {} } = object.spec?.jobTemplate ?? {};
  return {
    apiVersion: 'batch/v1', kind: 'Job',
    metadata: {
      name, annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...annotations }, ...(labels !== undefined && { labels }),
      ownerReferences: [{ apiVersion: 'batch/v1', controller: true, kind: 'CronJob', name: object.metadata?.name, uid: object.metadata?.uid }],
    },
    spec, status: {},
  };
}

/** What runs once: a pod template with one container that is not started again. */
export function jobSpec({ name, image, command, restartPolicy }: { readonly name: string; readonly image: string; readonly command: readonly string[]; readonly restartPolicy: string }): object {
  return { template: { metadata: {}, spec: { containers: [{ ...(command.length > 0 && { command }), image, name, resources: {} }], restartPolicy } } };
}

export default generatedCommand({
  usage: 'job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  failure: 'failed to create job: ',
  description: 'Create a job with the specified name.',
  examples: `
    # Create a job with a command
    kubectl create job my-job --image=busybox -- date

    # Create a job from a cron job named "a-cronjob"
    kubectl create job test-job --from=cronjob/a-cronjob`,
  flags: {
    from: text('The name of the resource to create a Job from (only CronJob is supported).'),
    image: text('Image name to run.'),
  },
  check({ flags: { image, from }, args }) {
    if ((image === '') === (from === '')) throw new KubectlError('either --image or --from must be specified');
    if (args.length > 1 && from !== '') throw new KubectlError('cannot specify --from and command');
  },
  make: async (call, name) => (call.flags.from === ''
    ? { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: jobSpec({ name, image: call.flags.image, command: call.args.slice(1), restartPolicy: 'Never' }), status: {} }
    : jobFrom(call, name)),
});
