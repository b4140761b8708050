import type { KubeObject } from '../api/meta/object.ts';
import { keyOf } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { groupResourceOf } from '../api/resource-type.ts';

/**
 * What a write reacts to: objects at revisions, as `deployments.apps/default/web@118,pods/default/web-1@120`; empty when
 * nobody says. It travels from the event of an informer through a work queue and a reconcile into the writes that come of
 * it, and tells people afterwards why something happened (docs/why.md). It is information, not authority: anybody may
 * claim anything, and nothing is decided by it.
 */
export type Cause = string;

/** The header that carries it. A server that does not know it ignores it. */
export const causeHeader = 'coxswain-cause';

/** Of many events that one reconcile answers, so many are named: the first, which set it going, and the latest. */
const maxCauses = 4;
const maxCauseLength = 512;

/** An object as it stood when its event came. */
export function causeOf(type: ResourceType<KubeObject>, object: KubeObject): Cause {
  const cause = `${groupResourceOf(type)}/${keyOf(object)}@${object.metadata.resourceVersion ?? ''}`;
  // Names outside of what headers carry are rare, and so is asking why of them.
  return cause.length <= maxCauseLength && /^[\x21-\x2b\x2d-\x7e]+$/.test(cause) ? cause : '';
}

/** Both; of more than a few, the first and the latest. */
export function joinCauses(known: Cause, more: Cause): Cause {
  if (known === '' || known === more) return more === '' ? known : more;
  if (more === '') return known;
  const all = [...new Set([...known.split(','), ...more.split(',')])];
  if (all.length > maxCauses) all.splice(1, all.length - maxCauses);
  while (all.length > 1 && all.join(',').length > maxCauseLength) all.splice(1, 1);
  return all.join(',');
}

/** The event that handlers are being told of; its text is made when somebody asks for it. */
let current: { readonly type: ResourceType<KubeObject>; readonly object: KubeObject; text: Cause | undefined } | undefined;

/**
 * Tells handlers of an event about `object`: while `call` runs, `currentCause` names it. Only what happens synchronously
 * inside is meant: handlers of informers put keys on queues before they return, so nothing is passed through all of them.
 */
export function tellOf(type: ResourceType<KubeObject>, object: KubeObject, call: () => void): void {
  const outer = current;
  current = { type, object, text: undefined };
  try {
    call();
  } finally {
    current = outer;
  }
}

/** What the event is about that a handler is being told of right now; empty outside of handlers. */
export function currentCause(): Cause {
  return current === undefined ? '' : (current.text ??= causeOf(current.type, current.object));
}
