import { isReason } from '../../../api/status.ts';
import type { PolicyRule } from '../../../api/types/rbac/v1.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { groupOf } from '../../resources/item.ts';
import { goType } from '../../resources/pods-of.ts';
import { getObject, select } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { goTyped } from '../../writes/go-typed.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import { dryRunFlag, dryRunOf } from '../../writes/write-flags.ts';
import { createObject, deleteObject, replaceObject } from '../../writes/write-object.ts';
import type { Subject } from '../create/subject-flags.ts';
import type { Rbac, Reconciliation } from './reconciliation.ts';
import { reconciledBinding, reconciledRole } from './reconciliation.ts';

const kinds = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
/** Of a group that is nobody's but its own: such objects are not skipped but refused. */
const isCustom = (apiVersion: string): boolean => groupOf(apiVersion).includes('.') && !groupOf(apiVersion).endsWith('.k8s.io');
/** Others may do the same at the same time. */
const maxTries = 3;

interface How { readonly confirm: boolean; readonly removePermissions: boolean; readonly removeSubjects: boolean }

async function planned(session: Session, item: Item, { removePermissions, removeSubjects }: How): Promise<Reconciliation> {
  const expected = item.object as Rbac;
  const binding = item.object!.kind!.endsWith('Binding');
  let existing: Rbac;
  try {
    existing = await getObject(await session.connection(), item) as Rbac;
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    return { operation: 'create', object: goTyped(expected), isProtected: false, ...(binding ? { missingSubjects: expected.subjects ?? [] } : { missingRules: expected.rules ?? [] }) };
  }
  return binding ? reconciledBinding(existing, goTyped(expected) as Rbac, removeSubjects) : reconciledRole(existing, expected, removePermissions);
}

async function carryOut(session: Session, item: Item, { operation, object }: Reconciliation): Promise<AnyObject> {
  const connection = await session.connection();
  switch (operation) {
    case 'none': return object;
    case 'update': return replaceObject(connection, item, object);
    case 'create': return createObject(connection, item, object);
    case 'recreate': {
      await deleteObject(connection, item, {}).catch((error: unknown) => { if (!isReason(error, 'NotFound')) throw error; });
      return createObject(connection, item, object);
    }
  }
}

async function reconcile(session: Session, item: Item, how: How): Promise<Reconciliation> {
  for (let attempt = 1; ; attempt++) {
    const plan = await planned(session, item, how);
    if (plan.isProtected || !how.confirm) return plan;
    try {
      return { ...plan, object: await carryOut(session, item, plan) };
    } catch (error) {
      if (attempt >= maxTries || !(isReason(error, 'Conflict') || isReason(error, 'AlreadyExists') || isReason(error, 'NotFound'))) throw error;
    }
  }
}

const words = (list: readonly string[] = []): string => `[${list.join(' ')}]`;
/** As Go prints the structs. */
const ruleText = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string => `{Verbs:${words(verbs)} APIGroups:${words(apiGroups)} Resources:${words(resources)} ResourceNames:${words(resourceNames)} NonResourceURLs:${words(nonResourceURLs)}}`;
const subjectText = ({ kind, apiGroup = '', name, namespace = '' }: Subject): string => `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`;

function toldOf({ operation, isProtected, missingRules = [], extraRules = [], missingSubjects = [], extraSubjects = [] }: Reconciliation, { removePermissions, removeSubjects }: How): string {
  if (operation === 'none') return '';
  const section = (title: string, lines: readonly string[]): string => (lines.length === 0 ? '' : `\t${title}:\n${lines.map((line) => `\t\t${line}\n`).join('')}`);
  return `\treconciliation required ${operation}${isProtected ? ', but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)' : ''}\n`
    + section('missing subjects added', missingSubjects.map(subjectText)) + (removeSubjects ? section('extra subjects removed', extraSubjects.map(subjectText)) : '')
    + section('missing rules added', missingRules.map(ruleText)) + (removePermissions ? section('extra rules removed', extraRules.map(ruleText)) : '');
}

function asClientDryRun(flags: Parameters<typeof dryRunOf>[0]): 'none' | 'client' {
  let dryRun: DryRun;
  try {
    dryRun = dryRunOf(flags);
  } catch (error) {
    throw new KubectlError(`error accessing --dry-run flag for command reconcile: ${(error as Error).message}`, { cause: error });
  }
  if (dryRun === 'server') throw new KubectlError('--dry-run=server for command reconcile is not supported yet');
  return dryRun;
}

export default command({
  usage: 'reconcile -f FILENAME',
  description: `Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects.

 Missing objects are created, and the containing namespace is expected to be there. Existing roles are updated to include the permissions in the input objects, and existing bindings to include the subjects; what is there beyond that stays, unless a flag says otherwise. This is preferred to 'apply' for RBAC resources, because rules are compared by what they mean.`,
  examples: `
    # Reconcile RBAC resources from a file
    kubectl auth reconcile -f my-rbac-rules.yaml`,
  flags: {
    ...fileFlags, ...outputFlags, ...dryRunFlag,
    'remove-extra-permissions': bool('If true, removes extra permissions added to roles'),
    'remove-extra-subjects': bool('If true, removes extra subjects added to rolebindings'),
  },
  async run({ session, flags, args }) {
    if (flags.filename.length === 0 && flags.kustomize === '') throw new KubectlError('must specify one of -f and -k');
    if (args.length > 0) throw new KubectlError('no arguments are allowed');
    const dryRun = asClientDryRun(flags);
    const how: How = { confirm: dryRun === 'none', removePermissions: flags['remove-extra-permissions'], removeSubjects: flags['remove-extra-subjects'] };
    const printer = (await donePrinters(session, flags, dryRun, { typed: true }))('reconciled');
    const selected = await select(session, { files: filesOf(flags), local: true, continueOnError: true });
    const { name: namespace } = await session.namespace();
    const errors: Error[] = [];
    for await (const item of selected.visit()) {
      const { apiVersion = '', kind = '' } = item.object!;
      if (isCustom(apiVersion)) throw new KubectlError(`unable to decode ${JSON.stringify(item.source)}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/scheme/scheme.go:28"`);
      if (!apiVersion.startsWith('rbac.authorization.k8s.io/') || !kinds.includes(kind)) continue;
      try {
        if (apiVersion !== 'rbac.authorization.k8s.io/v1') throw new KubectlError(`only rbac.authorization.k8s.io/v1 is supported: not ${goType(item.object!)}`);
        const resource = await (await session.mapper()).kind(apiVersion, kind);
        if (resource === undefined) throw new KubectlError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
        const result = await reconcile(session, { ...item, resource, namespace: resource.namespaced ? item.object!.metadata?.namespace ?? namespace : '' }, how);
        await session.io.stdout.write(printer.print(result.object));
        await session.io.stderr.write(toldOf(result, how));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
  },
});
