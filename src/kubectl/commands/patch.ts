import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isReason } from '../../api/status.ts';
import { command } from '../command.ts';
import { KubectlError, throwAll } from '../errors.ts';
import { fileFlags, filesOf } from '../flags/common-flags.ts';
import { bool, text } from '../flags/flags.ts';
import { outputFlags } from '../printers/output.ts';
import type { Item } from '../resources/item.ts';
import { select } from '../resources/select.ts';
import { donePrinters } from '../writes/done-printer.ts';
import { sameValue } from '../writes/last-applied.ts';
import { patchLocally } from '../writes/patch-locally.ts';
import { recordFlag, recordOn } from '../writes/record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../writes/write-flags.ts';
import { patchObject } from '../writes/write-object.ts';

const types: Readonly<Record<string, 'json' | 'merge' | 'strategic'>> = { json: 'json', merge: 'merge', strategic: 'strategic' };

/** YAML as JSON; what begins as JSON is the server's to read, and to complain of. */
async function asJson(patch: string): Promise<string> {
  if (/^\s*\{/.test(patch)) return patch;
  const { decodeYaml } = await import('../../api/codec/yaml.ts');
  try {
    return JSON.stringify(decodeYaml(patch).value);
  } catch (error) {
    throw new KubectlError(`unable to parse ${JSON.stringify(patch)}: ${(error as Error).message.replace('error converting YAML to JSON: ', '')}`, { cause: error });
  }
}

function readPatch(folder: string, path: string): string {
  try {
    return readFileSync(resolve(folder, path), 'utf8');
  } catch (error) {
    throw new KubectlError(`unable to read patch file: open ${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message}`, { cause: error });
  }
}

export default command({
  usage: 'patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  description: `Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.

 JSON and YAML formats are accepted. Custom resources know no strategic merge patch: use --type=merge for them.`,
  examples: `
    # Partially update a node using a strategic merge patch, specifying the patch as JSON
    kubectl patch node k8s-node-1 -p '{"spec":{"unschedulable":true}}'

    # Update a container's image using a JSON patch with positional arrays
    kubectl patch pod valid-pod --type='json' -p='[{"op": "replace", "path": "/spec/containers/0/image", "value":"new image"}]'

    # Update a deployment's replicas through the 'scale' subresource
    kubectl patch deployment nginx-deployment --subresource='scale' --type='merge' -p '{"spec":{"replicas":2}}'`,
  flags: {
    ...fileFlags, ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-patch'), ...recordFlag,
    'local': bool('If true, patch will operate on the content of the file, not the server-side resource.'),
    'patch': text('The patch to be applied to the resource JSON file.', { short: 'p' }),
    'patch-file': text('A file containing a patch to be applied to the resource.'),
    'subresource': text('If specified, patch will operate on the subresource of the requested object.'),
    'type': text('The type of patch being provided; one of [json merge strategic]', { initial: 'strategic' }),
  },
  async run(call) {
    const { session, flags, args } = call;
    const dryRun = dryRunOf(flags);
    if (flags.patch !== '' && flags['patch-file'] !== '') throw new KubectlError('cannot specify --patch and --patch-file together');
    if (flags.patch === '' && flags['patch-file'] === '') throw new KubectlError('must specify --patch or --patch-file containing the contents of the patch');
    const type = types[flags.type];
    if (type === undefined) throw new KubectlError(`--type must be one of [json merge strategic], not ${JSON.stringify(flags.type)}`);
    if (flags.local && dryRun === 'server') throw new KubectlError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
    const written = flags.patch === '' ? readPatch(session.io.folder, flags['patch-file']) : flags.patch;
    const body = await asJson(written);
    // As upstream, which tells of a client's dry run here by nothing.
    const printerOf = await donePrinters(session, flags, dryRun === 'client' ? 'none' : dryRun);
    const selected = await select(session, { args, files: filesOf(flags), local: flags.local, subresource: flags.subresource, continueOnError: true, fetch: dryRun === 'client' });
    const errors: Error[] = [];
    let count = 0;
    const one = async (item: Item): Promise<void> => {
      if (dryRun === 'client' || flags.local) {
        const after = await patchLocally(item.object!, { type, value: JSON.parse(body) });
        await session.io.stdout.write(printerOf(sameValue(after, item.object) ? 'patched (no change)' : 'patched').print(after));
        return;
      }
      const connection = await session.connection();
      const { getObject } = await import('../resources/select.ts');
      // Reading first tells whether anything changed; whoever may only patch is not asked to read.
      const before = await getObject(connection, item).catch((error: unknown) => { if (isReason(error, 'Forbidden')) return undefined; throw error; });
      const after = await patchObject(connection, item, { type, body }, { dryRun, fieldManager: flags['field-manager'] });
      if (dryRun === 'none') await recordOn(call, item);
      await session.io.stdout.write(printerOf(before !== undefined && sameValue(before, after) ? 'patched (no change)' : 'patched').print(after));
    };
    for await (const item of selected.visit()) {
      count++;
      try {
        await one(item);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors.push(error);
      }
    }
    throwAll([...selected.errors, ...errors]);
    if (count === 0) throw new KubectlError('no objects passed to patch');
  },
});
