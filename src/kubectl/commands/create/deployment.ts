import { KubectlError } from '../../errors.ts';
import { int, list } from '../../flags/flags.ts';
import type { AnyObject } from '../../resources/item.ts';
import { generatedCommand } from './generated.ts';

/** A container's name from its image: `registry/nginx:1.27` -> `nginx`. */
export function containerNameOf(image: string): string {
  const [first = ''] = (image.split('/').at(-1) ?? '').split(/[:@]/);
  return first.replaceAll('_', '-').toLowerCase();
}

export default generatedCommand({
  usage: 'deployment NAME --image=image -- [COMMAND] [args...]',
  aliases: ['deploy'],
  failure: 'failed to create deployment: ',
  description: 'Create a deployment with the specified name.',
  examples: `
    # Create a deployment named my-dep that runs the busybox image
    kubectl create deployment my-dep --image=busybox

    # Create a deployment named my-dep that runs the nginx image with 3 replicas
    kubectl create deployment my-dep --image=nginx --replicas=3

    # Create a deployment named my-dep that runs the busybox image and expose port 5701
    kubectl create deployment my-dep --image=busybox --port=5701`,
  flags: {
    image: list('Image names to run. A deployment can have multiple images set for multi-container pod.', { required: true }),
    port: int('The containerPort that this deployment exposes.', { initial: -1, bits: 32 }),
    replicas: int('Number of replicas to create. Default is 1.', { short: 'r', initial: 1, bits: 32 }),
  },
  make: ({ flags: { image: images, port, replicas }, args, dashAt }, name): AnyObject => {
    const commandLine = dashAt === undefined ? [] : args.slice(dashAt);
    if (images.length > 1 && commandLine.length > 0) throw new KubectlError('cannot specify multiple --image options and command');
    const labels = { app: name };
    return {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels },
      spec: {
        replicas, selector: { matchLabels: labels }, strategy: {},
        template: {
          metadata: { labels },
          spec: {
            containers: images.map((image, i) => ({
              name: containerNameOf(image), image, resources: {},
              ...(commandLine.length > 0 && { command: commandLine }),
              ...(i === 0 && port >= 0 && { ports: [{ containerPort: port }] }),
            })),
          },
        },
      },
      status: {},
    };
  },
});
