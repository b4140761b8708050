import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf } from '../../flags/common-flags.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { dryRunOf } from '../../writes/write-flags.ts';
import { withPodSpec } from './pod-spec.ts';
import { checkLocal, setFlags } from './set-flags.ts';
import { setOn } from './set-on.ts';

export default command({
  usage: 'serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  aliases: ['sa'],
  description: 'Update the service account of pod template resources.\n\n Possible resources (case insensitive) can be: replicationcontroller (rc), deployment (deploy), daemonset (ds), job, replicaset (rs), statefulset (sts)',
  examples: `
    # Set deployment nginx-deployment's service account to serviceaccount1
    kubectl set serviceaccount deployment nginx-deployment serviceaccount1`,
  flags: { ...setFlags('set serviceaccount'), ...recordFlag },
  async run(call) {
    const { session, flags, args } = call;
    const dryRun = dryRunOf(flags);
    checkLocal({ local: flags.local, dryRun });
    const printer = (await donePrinters(session, flags, dryRun, { typed: true }))('serviceaccount updated');
    const serviceAccountName = args.at(-1);
    if (serviceAccountName === undefined) throw new KubectlError('serviceaccount is required');
    const selected = await select(session, { args: flags.local ? [] : args.slice(0, -1), files: filesOf(flags), typeAlone: flags.all, local: flags.local, latest: !flags.local, continueOnError: true });
    const items = await selected.items();
    throwAll(selected.errors);
    await setOn(session, items, {
      dryRun, local: flags.local, fieldManager: flags['field-manager'], printer, failure: 'failed to patch ServiceAccountName ', sendsNothing: true,
      change: (object) => recorded(call, withPodSpec(object, (spec) => ({ ...spec, serviceAccountName }))),
    });
  },
});
