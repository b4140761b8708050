import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { filesOf, selectorFlag } from '../../flags/common-flags.ts';
import { select } from '../../resources/select.ts';
import { donePrinters } from '../../writes/done-printer.ts';
import { recordFlag, recorded } from '../../writes/record.ts';
import { dryRunOf } from '../../writes/write-flags.ts';
import type { Container, PodSpec } from './pod-spec.ts';
import { withPodSpec } from './pod-spec.ts';
import { noResources, setFlags } from './set-flags.ts';
import { setOn } from './set-on.ts';

/** Parts `CONTAINER=IMAGE` from the resources before them. */
function partImages(args: readonly string[]): { readonly resources: readonly string[]; readonly images: ReadonlyMap<string, string> } {
  const isPair = (word: string): boolean => word.indexOf('=') > 0 || (word.endsWith('-') && word !== '-');
  const begin = args.findIndex(isPair);
  const [resources, pairs] = begin < 0 ? [args, []] : [args.slice(0, begin), args.slice(begin)];
  const stray = pairs.find((pair) => !isPair(pair));
  if (stray !== undefined) throw new KubectlError(`all resources must be specified before image changes: ${stray}`);
  const invalid = pairs.filter((pair) => pair.indexOf('=') <= 0);
  if (invalid.length > 0) throw new KubectlError(`invalid image format: ${invalid.join(', ')}`);
  return { resources, images: new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])) };
}

/** The spec with these images; what no container is named after becomes an error. */
function withImages(spec: PodSpec, images: ReadonlyMap<string, string>, errors: Error[]): PodSpec {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  for (const name of images.keys()) if (!all.some((container) => name === '*' || container.name === name)) errors.push(new KubectlError(`error: unable to find container named ${JSON.stringify(name)}`));
  const each = (list: readonly Container[]): readonly Container[] => list.map((container) => {
    const image = images.get(container.name) ?? images.get('*');
    return image === undefined ? container : { ...container, image };
  });
  return { ...spec, ...(spec.containers !== undefined && { containers: each(spec.containers) }), ...(spec.initContainers !== undefined && { initContainers: each(spec.initContainers) }) };
}

export default command({
  usage: 'image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  description: 'Update existing container image(s) of resources.\n\n Possible resources include (case insensitive): pod (po), replicationcontroller (rc), deployment (deploy), daemonset (ds), statefulset (sts), cronjob (cj), replicaset (rs)',
  examples: `
    # Set a deployment's nginx container image to 'nginx:1.9.1', and its busybox container image to 'busybox'
    kubectl set image deployment/nginx busybox=busybox nginx=nginx:1.9.1

    # Print the result of updating the image of a file, without hitting the server
    kubectl set image -f path/to/file.yaml nginx=nginx:1.9.1 --local -o yaml`,
  flags: { ...setFlags('set image'), ...selectorFlag, ...recordFlag },
  async run(call) {
    const { session, flags, args } = call;
    const dryRun = dryRunOf(flags);
    const printer = (await donePrinters(session, flags, dryRun, { typed: true }))('image updated');
    const { resources, images } = partImages(args);
    const selected = await select(session, { args: resources, files: filesOf(flags), labelSelector: flags.selector, typeAlone: flags.all, local: flags.local, latest: !flags.local, continueOnError: true });
    const items = await selected.items();
    throwAll(selected.errors);
    const problems: string[] = [];
    if (flags.all && flags.selector !== '') problems.push('cannot set --all and --selector at the same time');
    if (resources.length === 0 && flags.filename.length === 0 && flags.kustomize === '') problems.push(noResources);
    if (images.size === 0) problems.push('at least one image update is required');
    else if (images.size > 1 && images.has('*')) problems.push('all containers are already specified by *, but saw more than one container_name=container_image pairs');
    if (flags.local && dryRun === 'server') problems.push('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
    throwAll(problems.map((problem) => new KubectlError(problem)));
    const errors: Error[] = [];
    await setOn(session, items, {
      dryRun, local: flags.local, fieldManager: flags['field-manager'], printer, errors, failure: 'failed to patch image update to pod template: ',
      change: (object) => recorded(call, withPodSpec(object, (spec) => withImages(spec, images, errors))),
    });
  },
});
