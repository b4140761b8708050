import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { array } from '../../flags/flags.ts';
import type { AnyObject } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { sameValue } from '../../writes/last-applied.ts';
import { dryRunOf } from '../../writes/write-flags.ts';
import type { Subject } from '../create/subject-flags.ts';
import { rbacGroup } from '../create/subject-flags.ts';
import { checkAll, checkLocal, setFlags } from './set-flags.ts';
import { setOn } from './set-on.ts';

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

function withSubjects(object: AnyObject, added: readonly Subject[]): AnyObject | undefined {
  if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') throw new KubectlError('setting subjects is only supported for RoleBinding/ClusterRoleBinding');
  const before = (object['subjects'] ?? []) as readonly Subject[];
  const missing = added.filter((subject) => !before.some((other) => sameValue(other, subject)));
  return missing.length === 0 ? undefined : { ...object, subjects: [...before, ...missing] };
}

export default command({
  usage: 'subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  description: 'Update the user, group, or service account in a role binding or cluster role binding.',
  examples: `
    # Update a cluster role binding for serviceaccount1
    kubectl set subject clusterrolebinding admin --serviceaccount=namespace:serviceaccount1

    # Update a role binding for user1, user2, and group1
    kubectl set subject rolebinding admin --user=user1 --user=user2 --group=group1`,
  flags: {
    ...setFlags('set subject'), ...selectorFlag,
    group: array('Groups to bind to the role'), serviceaccount: array('Service accounts to bind to the role'), user: array('Usernames to bind to the role'),
  },
  async run({ session, flags, args }) {
    const dryRun = dryRunOf(flags);
    const printer = (await donePrinters(session, flags, dryRun, { typed: true }))('subjects updated');
    const selected = await select(session, { args, files: filesOf(flags), labelSelector: flags.selector, typeAlone: flags.all, local: flags.local, latest: !flags.local, continueOnError: true });
    const items = await selected.items();
    throwAll(selected.errors);
    checkLocal({ local: flags.local, dryRun });
    checkAll(flags);
    if (flags.user.length + flags.group.length + flags.serviceaccount.length === 0) throw new KubectlError('you must specify at least one value of user, group or serviceaccount');
    for (const account of flags.serviceaccount) {
      const [namespace, name = '', ...rest] = account.split(':');
      if (name === '' || rest.length > 0) throw new KubectlError('serviceaccount must be <namespace>:<name>');
      if (namespace === '' && items.some(({ object }) => object?.kind === 'ClusterRoleBinding')) throw new KubectlError('serviceaccount must be <namespace>:<name>, namespace must be specified');
    }
    const { name: own } = await session.namespace();
    const added: Subject[] = [
      ...sorted(flags.user).map((name) => ({ apiGroup: rbacGroup, kind: 'User', name })),
      ...sorted(flags.group).map((name) => ({ apiGroup: rbacGroup, kind: 'Group', name })),
      ...sorted(flags.serviceaccount).map((account) => account.split(':')).map(([namespace = '', name = '']) => ({ kind: 'ServiceAccount', name, namespace: namespace === '' ? own : namespace })),
    ];
    await setOn(session, items, {
      dryRun, local: flags.local, fieldManager: flags['field-manager'], printer, failure: 'failed to patch subjects to rolebinding: ',
      change: (object) => withSubjects(object, added),
    });
  },
});
