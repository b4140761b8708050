import { IngressController } from '../../ingress/controller.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';

export interface IngressAloneOptions extends ComponentOptions {
  readonly listen: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** What the status of Ingresses says. Empty: the address that is listened on. */
  readonly publish: readonly string[];
}

/** The ingress controller against an API server elsewhere, on ports of this machine. */
export async function startIngressAlone(options: IngressAloneOptions): Promise<AsyncDisposable> {
  const { clock, random, logger, progress, listen, httpPort, httpsPort, publish } = options;
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'ingress-controller', undo);
  await expectServer(client, options);
  const controller = undo.use(await IngressController.start({ client, clock, random, logger, published: publish.length > 0 ? publish : [listen] }));
  const bound = await controller.proxy.listen('http', listen, httpPort);
  await controller.proxy.listen('https', listen, httpsPort);
  progress.ready(`ingress on ${listen}:${bound}`);
  return undo.move();
}
