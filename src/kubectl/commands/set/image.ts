import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { fileFlags, filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { patchLocally } from '../../writes/patch-locally.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from '../../writes/write-flags.ts';
import { patchObject } from '../../writes/write-object.ts';

interface Container { readonly name: string; readonly image?: string }
interface PodSpec { readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[] }

/** Where the pod spec is in an object of this kind. */
function podSpecPath(kind: string | undefined): readonly string[] {
  switch (kind) {
    case 'Pod': return ['spec'];
    case 'CronJob': return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
    case 'Deployment': case 'DaemonSet': case 'StatefulSet': case 'ReplicaSet': case 'ReplicationController': case 'Job': return ['spec', 'template', 'spec'];
    default: throw new KubectlError(`the object is not a pod or does not have a pod template: *v1.${kind ?? ''}`);
  }
}

const at = (object: unknown, path: readonly string[]): unknown => path.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], object);

/** The strategic merge patch that sets the images; undefined when they are set already. */
function patchFor(object: AnyObject, images: ReadonlyMap<string, string>, errors: Error[]): object | undefined {
  const path = podSpecPath(object.kind);
  const spec = at(object, path) as PodSpec;
  const changed: Record<'containers' | 'initContainers', Container[]> = { containers: [], initContainers: [] };
  for (const [name, image] of images) {
    let found = false;
    for (const list of ['containers', 'initContainers'] as const) {
      for (const container of spec[list] ?? []) {
        if (container.name !== name && name !== '*') continue;
        found = true;
        if (container.image !== image) changed[list].push({ name: container.name, image });
      }
    }
    if (!found) errors.push(new KubectlError(`error: unable to find container named ${JSON.stringify(name)}`));
  }
  if (changed.containers.length === 0 && changed.initContainers.length === 0) return undefined;
  const inner = { ...(changed.containers.length > 0 && { containers: changed.containers }), ...(changed.initContainers.length > 0 && { initContainers: changed.initContainers }) };
  return path.toReversed().reduce<object>((value, key) => ({ [key]: value }), inner);
}

export default command({
  usage: 'image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  description: 'Update existing container image(s) of resources.\n\n Possible resources include (case insensitive): pod (po), replicationcontroller (rc), deployment (deploy), daemonset (ds), statefulset (sts), cronjob (cj), replicaset (rs)',
  examples: `
    # Set a deployment's nginx container image to 'nginx:1.9.1', and its busybox container image to 'busybox'
    kubectl set image deployment/nginx busybox=busybox nginx=nginx:1.9.1`,
  flags: {
    ...fileFlags, ...selectorFlag, ...outputFlags, ...dryRunFlag, ...fieldManagerFlag('kubectl-set'),
    all: bool('Select all resources, in the namespace of the specified resource types'),
    local: bool('If true, set image will NOT contact api-server but run locally.'),
  },
  async run({ session, flags, args }) {
    const begin = args.findIndex((argument) => argument.includes('='));
    const [resources, pairs] = begin < 0 ? [args, []] : [args.slice(0, begin), args.slice(begin)];
    const images = new Map(pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals <= 0) throw new KubectlError(`invalid image format: ${pair}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }));
    const dryRun = dryRunOf(flags);
    const problems: string[] = [];
    if (flags.all && flags.selector !== '') problems.push('cannot set --all and --selector at the same time');
    if (resources.length === 0 && flags.filename.length === 0 && flags.kustomize === '') problems.push('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    if (images.size === 0) problems.push('at least one image update is required');
    if (images.size > 1 && images.has('*')) problems.push('all containers are already specified by *, but saw more than one container_name=container_image pairs');
    if (flags.local) throw new KubectlError('not supported: --local');
    const printer = (await donePrinters(session, flags, dryRun))('image updated');
    const selected = await select(session, { args: resources, files: filesOf(flags), labelSelector: flags.selector, all: flags.all, latest: true, continueOnError: true });
    const items = await selected.items();
    throwAll(selected.errors);
    throwAll(problems.map((problem) => new KubectlError(problem)));
    const errors: Error[] = [];
    for (const item of items) {
      let patch: object | undefined;
      try {
        patch = patchFor(item.object!, images, errors);
      } catch (error) {
        errors.push(new KubectlError(`error: ${item.resource!.resource}/${item.name} ${(error as Error).message}\n`, { cause: error }));
        continue;
      }
      if (patch === undefined) continue;
      try {
        const shown = dryRun === 'client'
          ? await patchLocally(item.object!, { type: 'strategic', value: patch })
          : await patchObject(await session.connection(), item, { type: 'strategic', body: JSON.stringify(patch) }, { dryRun, fieldManager: flags['field-manager'] });
        await session.io.stdout.write(printer.print(shown));
      } catch (error) {
        errors.push(new KubectlError(`failed to patch image update to pod template: ${(error as Error).message}`, { cause: error }));
      }
    }
    throwAll(errors);
  },
});
