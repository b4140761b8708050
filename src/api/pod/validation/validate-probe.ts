/** Probes and lifecycle hooks: exactly one handler each, and sane numbers. */
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { httpHeaderName, portName, portNumber } from '../../meta/validation.ts';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../types/core/v1.ts';
import type { IntOrString } from '../../types/meta/v1.ts';
import type { Errors } from './rules.ts';
import { addInvalid, addNonNegative } from './rules.ts';

type Handler = Pick<Loose<Probe>, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<Loose<LifecycleHandler>, 'sleep'>;

export interface HandlerContext {
  /** The pod's grace period, which bounds how long a hook may sleep; undefined where the pod lacks one. */
  readonly gracePeriodSeconds: number | undefined;
  /** `spec.os.name`. */
  readonly os: string | undefined;
}

/** A port by number or by name. */
export function addPortNumberOrName(errors: Errors, path: string, port: IntOrString | undefined): void {
  if (typeof port === 'string') addInvalid(errors, path, port, portName(port));
  else addInvalid(errors, path, port ?? 0, portNumber(port ?? 0));
}

function validateHttpGet(get: Loose<HTTPGetAction>, path: string, errors: Errors): void {
  if (get.path === undefined || get.path === '') errors.push(required(`${path}.path`));
  addPortNumberOrName(errors, `${path}.port`, get.port);
  if (get.scheme !== 'HTTP' && get.scheme !== 'HTTPS') errors.push(notSupported(`${path}.scheme`, get.scheme ?? '', ['HTTP', 'HTTPS']));
  for (const { name = '' } of get.httpHeaders ?? []) addInvalid(errors, `${path}.httpHeaders`, name, httpHeaderName(name));
}

function validateSleep(seconds: number, path: string, { gracePeriodSeconds }: HandlerContext, errors: Errors): void {
  if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return;
  errors.push(invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`));
}

function validateHandler(handler: Handler, path: string, context: HandlerContext, errors: Errors): void {
  let count = 0;
  const isFirst = (name: string): boolean => {
    if (count++ === 0) return true;
    errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 handler type'));
    return false;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined && isFirst('exec') && (exec.command ?? []).length === 0) errors.push(required(`${path}.exec.command`));
  if (httpGet !== undefined && isFirst('httpGet')) validateHttpGet(httpGet, `${path}.httpGet`, errors);
  if (tcpSocket !== undefined && isFirst('tcpSocket')) addPortNumberOrName(errors, `${path}.tcpSocket.port`, tcpSocket.port);
  if (grpc !== undefined && isFirst('grpc')) addPortNumberOrName(errors, `${path}.grpc.port`, grpc.port);
  if (sleep !== undefined && isFirst('sleep')) validateSleep(sleep.seconds ?? 0, `${path}.sleep`, context, errors);
  if (count === 0) errors.push(required(path, 'must specify a handler type'));
}

/** One probe. Readiness alone may ask for several successes; it alone may not set a grace period. */
export function validateProbe(probe: Loose<Probe> | undefined, kind: 'liveness' | 'readiness' | 'startup', path: string, context: HandlerContext, errors: Errors): void {
  if (probe === undefined) return;
  validateHandler(probe, path, context, errors);
  addNonNegative(errors, `${path}.initialDelaySeconds`, probe.initialDelaySeconds);
  addNonNegative(errors, `${path}.timeoutSeconds`, probe.timeoutSeconds);
  addNonNegative(errors, `${path}.periodSeconds`, probe.periodSeconds);
  addNonNegative(errors, `${path}.successThreshold`, probe.successThreshold);
  addNonNegative(errors, `${path}.failureThreshold`, probe.failureThreshold);
  const { terminationGracePeriodSeconds: grace, successThreshold = 0 } = probe;
  if (grace !== undefined && grace <= 0) errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  if (kind === 'readiness') {
    if (grace !== undefined) errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
  } else if (successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, successThreshold, 'must be 1'));
  }
}

const signals = 'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'.split(' ').map((name) => `SIG${name}`);
const realTimeSignals = ['SIGRTMIN', ...Array.from({ length: 15 }, (_, i) => `SIGRTMIN+${i + 1}`), ...Array.from({ length: 14 }, (_, i) => `SIGRTMAX-${14 - i}`), 'SIGRTMAX'];
const stopSignals: Readonly<Record<string, readonly string[]>> = { linux: [...signals, ...realTimeSignals].sort(), windows: ['SIGKILL', 'SIGTERM'] };

/** The hooks after the start and before the end of a container. */
export function validateLifecycle(lifecycle: Loose<Lifecycle> | undefined, path: string, context: HandlerContext, errors: Errors): void {
  if (lifecycle === undefined) return;
  const { postStart, preStop, stopSignal } = lifecycle;
  if (postStart !== undefined) validateHandler(postStart, `${path}.postStart`, context, errors);
  if (preStop !== undefined) validateHandler(preStop, `${path}.preStop`, context, errors);
  if (stopSignal === undefined) return;
  const known = stopSignals[context.os ?? ''];
  if (known === undefined) errors.push(forbidden(`${path}.stopSignal`, 'may not be set for containers with empty `spec.os.name`'));
  else if (!known.includes(stopSignal)) errors.push(notSupported(`${path}.stopSignal`, stopSignal, known));
}
