import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Call } from '../command.ts';
import { command } from '../command.ts';
import { KubectlError } from '../errors.ts';
import { text } from '../flags/flags.ts';
import { isFolder } from '../kustomize/kustomization.ts';
import { buildKustomization } from '../kustomize/build.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { AnyObject } from '../resources/item.ts';

const flags = { output: text('If specified, write output to this path.', { short: 'o' }) } as const;

const fileName = ({ apiVersion = '', kind = '', metadata }: AnyObject): string => `${metadata?.namespace === undefined ? '' : `${metadata.namespace}_`}${apiVersion.replace('/', '_')}_${kind}_${metadata?.name ?? ''}.yaml`.toLowerCase();

async function run({ session: { io }, args, flags: { output } }: Call<typeof flags>): Promise<void> {
  if (args.length > 1) throw new KubectlError('specify one path to kustomization.yaml');
  const objects = await buildKustomization(io, args[0] ?? '.');
  const whole = objects.map(toGoYaml).join('---\n');
  if (output === '') return io.stdout.write(whole);
  const path = resolve(io.folder, output);
  if (isFolder(path)) for (const object of objects) writeFileSync(join(path, fileName(object)), toGoYaml(object));
  else writeFileSync(path, whole);
}

export default command({
  usage: 'kustomize DIR',
  description: `Build a set of objects from the kustomization.yaml of a folder: its resources and components, changed by patches, names, namespaces, labels, images, replicas and replacements, with what its generators make.

 Folders of this machine are built; remote ones are not.`,
  examples: `
    # The current folder
    kubectl kustomize

    # Another one
    kubectl kustomize overlays/production`,
  flags,
  run,
});
