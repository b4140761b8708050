import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { bool, text } from '../flags/flags.ts';
import { isFolder } from '../kustomize/folder.ts';
import { isClusterScoped, kindOf, versionOf } from '../kustomize/resource.ts';
import { buildKustomization } from '../kustomize/build.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { AnyObject } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';

const flags = {
  output: text('If specified, write output to this path.', { short: 'o' }),
  'load-restrictor': text('LoadRestrictionsNone: files from outside of a kustomization\'s folder may be read. LoadRestrictionsRootOnly: they may not.', { initial: 'LoadRestrictionsRootOnly' }),
  reorder: text('legacy: what others stand on comes first. none: as it is written.', { initial: 'legacy', deprecated: 'use the new \'sortOptions\' field in kustomization.yaml instead.' }),
  'enable-managedby-label': bool('Adds the label app.kubernetes.io/managed-by.', { deprecated: 'The flag `enable-managedby-label` has been deprecated. Use the `managedByLabel` option in the `buildMetadata` field instead.' }),
  'enable-helm': bool('Not supported: charts are not inflated.'),
  'enable-alpha-plugins': bool('Not supported: programs and containers are not run.'),
} as const;

const unsupported = ['enable-helm', 'enable-alpha-plugins'] as const;

/** The name of an object's own file; its namespace is part of it where there are several. */
function fileName({ apiVersion = '', kind = '', metadata }: AnyObject, namespace: string | undefined): string {
  return [...(namespace === undefined ? [] : [namespace]), groupOf(apiVersion), versionOf(apiVersion), kind, metadata?.name ?? ''].filter((part) => part !== '').join('_').toLowerCase().concat('.yaml');
}

function writeEach(folder: string, objects: readonly AnyObject[]): void {
  const namespaceOf = (object: AnyObject): string | undefined => (isClusterScoped(kindOf(object)) ? undefined : object.metadata?.namespace ?? 'default');
  const several = new Set(objects.map(namespaceOf).filter((namespace) => namespace !== undefined)).size > 1;
  for (const object of objects) writeFileSync(join(folder, fileName(object, several ? namespaceOf(object) : undefined)), toGoYaml(object));
}

const oneOf = (flag: string, value: string, legal: readonly string[]): void => {
  if (!legal.includes(value)) throw new KubectlError(`illegal flag value --${flag} ${value}; legal values: [${legal.join(' ')}]`);
};

async function run({ session: { io }, args, flags: values, given }: Call<typeof flags>): Promise<void> {
  if (args.length > 1) throw new KubectlError('specify one path to kustomization.yaml');
  oneOf('load-restrictor', values['load-restrictor'], ['LoadRestrictionsRootOnly', 'LoadRestrictionsNone', ...(values['load-restrictor'] === '' ? [''] : [])]);
  oneOf('reorder', values.reorder, ['legacy', 'none']);
  for (const flag of unsupported) if (values[flag]) throw new KubectlError(`not supported: --${flag}`);
  const objects = await buildKustomization(io, args[0] ?? '.', {
    ...(given.has('reorder') && { reorder: values.reorder as 'legacy' | 'none' }), anywhere: values['load-restrictor'] === 'LoadRestrictionsNone',
    managedByLabel: values['enable-managedby-label'] || io.environment['KUSTOMIZE_ENABLE_MANAGEDBY_LABEL'] === 'on',
  });
  const whole = objects.map(toGoYaml).join('---\n');
  if (values.output === '') return io.stdout.write(whole);
  const path = resolve(io.folder, values.output);
  if (isFolder(path)) writeEach(path, objects);
  else writeFileSync(path, whole);
}

export default command({
  usage: 'kustomize DIR',
  description: `Build a set of objects from the kustomization.yaml of a folder: its resources and components, changed by patches, names, namespaces, labels, images, replicas and replacements, with what its generators make.

 A folder may be one of a git repository, which is cloned, and a resource the URL of a file.`,
  examples: `
    # The current folder
    kubectl kustomize

    # Another one
    kubectl kustomize overlays/production

    # One of a repository
    kubectl kustomize https://example.com/team/repository.git/overlays/production?ref=v1`,
  flags,
  run,
});
