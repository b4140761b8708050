import type { Call, Command } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import type { FlagSet } from '../../flags/flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { withLastApplied } from '../../writes/last-applied.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, validationOf } from '../../writes/write-flags.ts';
import { createObject } from '../../writes/write-object.ts';

const commonFlags = {
  ...outputFlags, ...dryRunFlag, ...validateFlag, ...fieldManagerFlag('kubectl-create'),
  'save-config': bool('If true, the configuration of current object will be saved in its annotation. This flag is useful when you want to perform kubectl apply on this object in the future.'),
} as const;

export interface Generator<F extends FlagSet> {
  readonly usage: string;
  readonly description: string;
  readonly examples: string;
  readonly flags: F;
  readonly aliases?: readonly string[];
  /** What is said before the server's refusal. */
  readonly failure?: string;
  /** What is wrong with the flags themselves, told before anything is read. */
  readonly check?: (call: Call<F>) => void | Promise<void>;
  /** Makes the object from what the user wrote. Its namespace is put in where the kind has one. */
  readonly make: (call: Call<F>, name: string) => AnyObject | Promise<AnyObject>;
}

/** The name that the command is given; `--` and what follows do not count. */
export function nameOf({ args, dashAt, path }: Pick<Call, 'args' | 'dashAt' | 'path'>): string {
  const count = dashAt ?? args.length;
  if (count !== 1) throw new KubectlError(`exactly one NAME is required, got ${count}\nSee '${path} -h' for help and examples`);
  return args[0]!;
}

/** A command that makes one object from its flags: `kubectl create namespace …`. */
export function generatedCommand<const F extends FlagSet>({ make, flags, failure = '', check, ...rest }: Generator<F>): Command {
  return command<FlagSet>({
    ...rest,
    flags: { ...commonFlags, ...flags },
    async run(call) {
      const own = call as unknown as Call<F>;
      const { session, flags: values } = call as unknown as Call<typeof commonFlags>;
      const name = nameOf(call);
      const dryRun = dryRunOf(values);
      const fieldValidation = validationOf(values);
      const printer = (await donePrinters(session, values, dryRun, { typed: true }))('created');
      await check?.(own);
      const made = await make(own, name);
      const object = values['save-config'] ? withLastApplied(made) : made;
      const namespace = await session.namespace();
      if (dryRun === 'client') {
        const placed = namespace.explicit && !clusterKinds.has(object.kind ?? '') ? { ...object, metadata: { ...object.metadata, namespace: namespace.name } } : object;
        return session.io.stdout.write(printer.print(placed));
      }
      const resource = await (await session.mapper()).kind(object.apiVersion!, object.kind!);
      if (resource === undefined) throw new KubectlError(`no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`);
      const target = { resource, namespace: resource.namespaced ? namespace.name : '', name, subresource: '' };
      let created: AnyObject;
      try {
        created = await createObject(await session.connection(), target, object, { dryRun, fieldManager: values['field-manager'], fieldValidation });
      } catch (error) {
        throw failure !== '' && error instanceof Error ? new KubectlError(`${failure}${error.message}`, { cause: error }) : error;
      }
      return session.io.stdout.write(printer.print(created));
    },
  });
}

/** Generated kinds that have no namespace; without a server nobody else says so. */
const clusterKinds: ReadonlySet<string> = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'PriorityClass']);
