import { namespaces, services } from '../../src/api/resources.ts';
import type { RuleWithOperations } from '../../src/api/types/admissionregistration/v1.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { AdmissionRequest, AdmissionResponse } from '../../src/apiserver/testing/admission-hook.ts';
import { AdmissionHook } from '../../src/apiserver/testing/admission-hook.ts';
import { container, podOf, World } from './world.ts';

/** What the slow webhook takes, of real time: more than the shortest timeout, one second. */
const slowMs = 1200;

interface Labelled { readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> }; readonly data?: Readonly<Record<string, string>>; readonly spec?: { readonly containers?: readonly { readonly name: string }[]; readonly initContainers?: unknown } }

const deny = (message: string): AdmissionResponse => ({ allowed: false, status: { reason: 'x', message } });
const allow: AdmissionResponse = { allowed: true };

function addStages({ data = {} }: Labelled): AdmissionResponse {
  const patch = [['mutation-start', 'mutation-stage-1'], ['mutation-stage-1', 'mutation-stage-2']].filter(([from]) => data[from!] === 'yes').map(([, to]) => ({ op: 'add', path: `/data/${to}`, value: 'yes' }));
  return { allowed: true, ...(patch.length > 0 && { patch }) };
}

function judgePod({ metadata, spec }: Labelled): AdmissionResponse {
  const reasons = [
    ...((spec?.containers ?? []).some(({ name }) => name.includes('webhook-disallow')) ? ['the pod contains unwanted container name'] : []),
    ...(metadata?.labels?.['webhook-e2e-test'] === 'webhook-disallow' ? ['the pod contains unwanted label'] : []),
  ];
  return reasons.length === 0 ? allow : deny(reasons.join('; '));
}

const notAllowed = (data: Readonly<Record<string, string>> | undefined): boolean => data?.['webhook-e2e-test'] === 'webhook-disallow';

/** What the e2e tests' webhook image answers under each path. */
async function answer(request: AdmissionRequest, path: string): Promise<AdmissionResponse> {
  const object = (request.object ?? request.oldObject ?? {}) as Labelled;
  switch (path) {
    case '/always-allow-delay-5s':
      await new RealClock().sleep(slowMs);
      return allow;
    case '/always-deny': return deny('this webhook denies all requests');
    case '/add-label': return { allowed: true, patch: [{ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }] };
    case '/pods':
      // Never answers for this one: the connection ends with the request's time.
      return object.metadata?.labels?.['webhook-e2e-test'] === 'wait-forever' ? new Promise(() => {}) : judgePod(object);
    case '/pods/attach': return request.name === 'to-be-attached-pod' && (object as { container?: string }).container === 'container1' ? deny('attaching to pod \'to-be-attached-pod\' is not allowed') : allow;
    case '/mutating-pods': return object.metadata?.name === 'webhook-to-be-mutated' ? { allowed: true, patch: [{ op: 'add', path: '/spec/initContainers', value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }] }] } : allow;
    case '/configmaps': return notAllowed(object.data) ? deny('the configmap contains unwanted key and value') : allow;
    case '/mutating-configmaps': case '/mutating-custom-resource': return addStages(object);
    case '/custom-resource':
      if (request.operation === 'DELETE') return object.data?.['webhook-e2e-test'] === 'webhook-nondeletable' ? deny('the custom resource cannot be deleted because it contains unwanted key and value') : allow;
      return notAllowed(object.data) ? deny('the custom resource contains unwanted data') : allow;
    case '/crd': return object.metadata?.labels?.['webhook-e2e-test'] === 'webhook-disallow' ? deny('the crd contains unwanted label') : allow;
    default: return { raw: '404 page not found' };
  }
}

/** The e2e tests' webhook: a pod behind the service `e2e-test-webhook`, in a namespace that its configurations select. */
export class SampleWebhook implements AsyncDisposable {
  readonly world: World;
  readonly namespace = 'webhook-test';
  readonly hook: AdmissionHook;
  readonly #undo: AsyncDisposableStack;

  private constructor(world: World, hook: AdmissionHook, undo: AsyncDisposableStack) {
    this.world = world;
    this.hook = hook;
    this.#undo = undo;
  }

  static async start(): Promise<SampleWebhook> {
    const undo = new AsyncDisposableStack();
    const hook = undo.use(await AdmissionHook.start(answer, { names: ['e2e-test-webhook.webhook-test.svc'] }));
    const world = undo.use(await World.start({ nodes: 1 }));
    const sample = new SampleWebhook(world, hook, undo);
    const { namespace } = sample;
    await world.namespace(namespace, { selected: 'true' });
    await world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: 'e2e-test-webhook' }, spec: { selector: { webhook: 'true' }, ports: [{ port: 8443, targetPort: 8444 }] } });
    const pod = await world.runningPod(podOf(namespace, 'sample-webhook', { labels: { webhook: 'true' }, spec: { containers: [container({ ports: [{ containerPort: 8444 }] })] } }));
    world.backends.set(`${pod.status?.podIP}:8444`, { host: '127.0.0.1', port: Number(new URL(hook.url).port) });
    return sample;
  }

  /** A webhook of a configuration, asked under `path`. */
  webhook<T extends object>(name: string, path: string, rule: Partial<RuleWithOperations>, more?: T): T & { name: string; rules: RuleWithOperations[]; clientConfig: { service: { namespace: string; name: string; path: string; port: number }; caBundle: string }; sideEffects: string; admissionReviewVersions: string[]; namespaceSelector: object } {
    return {
      name,
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], ...rule }],
      clientConfig: { service: { namespace: this.namespace, name: 'e2e-test-webhook', path, port: 8443 }, caBundle: this.hook.caBundle },
      sideEffects: 'None',
      admissionReviewVersions: ['v1', 'v1beta1'],
      namespaceSelector: { matchLabels: { selected: 'true' } },
      ...(more as T),
    };
  }

  async labelledNamespace(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.world.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { selected: 'true', ...labels } } });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}
