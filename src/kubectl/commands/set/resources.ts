import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { text } from '../../flags/flags.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { resourceListOf } from '../../writes/resource-list.ts';
import { dryRunOf } from '../../writes/write-flags.ts';
import type { Container } from './pod-spec.ts';
import { changeContainers, withPodSpec } from './pod-spec.ts';
import { checkAll, checkLocal, setFlags } from './set-flags.ts';
import { setOn } from './set-on.ts';

const requirement = 'The resource requirement requests for this container.  For example, \'cpu=100m,memory=256Mi\'.  Note that server side components may assign requests depending on the server configuration, such as limit ranges.';

export default command({
  usage: 'resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  description: `Specify compute resource requirements (CPU, memory) for any resource that defines a pod template. If a pod is successfully scheduled, it is guaranteed the amount of resource requested, but may burst up to its specified limits.

 For each compute resource, if a limit is specified and a request is omitted, the request will default to the limit.`,
  examples: `
    # Set a deployment's nginx container CPU limits to "200m" and memory to "512Mi"
    kubectl set resources deployment nginx -c=nginx --limits=cpu=200m,memory=512Mi

    # Set the resource request and limits for all containers in nginx
    kubectl set resources deployment nginx --limits=cpu=200m,memory=512Mi --requests=cpu=100m,memory=256Mi`,
  flags: {
    ...setFlags('set resources'), ...selectorFlag, ...recordFlag,
    containers: text('The names of containers in the selected pod templates to change, all containers are selected by default - may use wildcards', { short: 'c', initial: '*' }),
    limits: text(requirement), requests: text(requirement),
  },
  async run(call) {
    const { session, flags, args } = call;
    const dryRun = dryRunOf(flags);
    const printer = (await donePrinters(session, flags, dryRun, { typed: true }))('resource requirements updated');
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: flags.all, local: flags.local, latest: !flags.local, continueOnError: true });
    const items = await selected.items();
    throwAll(selected.errors);
    checkLocal({ local: flags.local, dryRun });
    checkAll(flags);
    if (flags.limits === '' && flags.requests === '') throw new KubectlError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    const wanted = { ...(flags.limits !== '' && { limits: resourceListOf(flags.limits) }), ...(flags.requests !== '' && { requests: resourceListOf(flags.requests) }) };
    const errors: Error[] = [];
    const required = (container: Container): Container => ({ ...container, resources: { ...container.resources, ...(wanted.limits !== undefined && { limits: { ...container.resources?.limits, ...wanted.limits } }), ...(wanted.requests !== undefined && { requests: { ...container.resources?.requests, ...wanted.requests } }) } });
    await setOn(session, items, {
      dryRun, local: flags.local, fieldManager: flags['field-manager'], printer, errors, failure: 'failed to patch resources update to pod template ',
      change(object) {
        let any = false;
        const changed = withPodSpec(object, (before) => {
          const { spec, found } = changeContainers(before, flags.containers, required);
          if (found === 0) errors.push(new KubectlError(`error: unable to find container named ${flags.containers}`));
          any = found > 0;
          return spec;
        });
        return any ? recorded(call, changed) : undefined;
      },
    });
  },
});
