import type { KubeObject } from '../api/meta/object.ts';
import type { RefusalRecord } from '../api/provenance.ts';
import { formatTime } from '../base/clock.ts';
import type { Event } from '../api/types/core/v1.ts';
import type { Evidence, Named } from './explanation.ts';

interface Condition { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string; readonly lastTransitionTime?: string }

/** A condition as evidence. */
export function conditionEvidence(condition: Condition | undefined): Evidence[] {
  if (condition === undefined) return [];
  const { type, status, reason = '', message = '', lastTransitionTime } = condition;
  return [{ source: `condition ${type}=${status}`, text: [reason, message].filter((part) => part !== '').join(': '), ...(lastTransitionTime !== undefined && { at: lastTransitionTime }) }];
}

/** The latest of these events as evidence. */
export function eventEvidence(events: readonly Event[], max = 1): Evidence[] {
  return events.slice(0, max).map(({ reason, message, series, count = series?.count ?? 1, lastTimestamp, eventTime }) => {
    const at = series?.lastObservedTime ?? lastTimestamp ?? eventTime;
    return { source: `event ${reason ?? ''}`, text: `${message ?? ''}${count > 1 ? ` (${count} times)` : ''}`, ...(at !== undefined && { at }) };
  });
}

/** A request that was refused as evidence. */
export function refusalEvidence({ verb, resource, subresource, user, message, count, lastMs }: RefusalRecord): Evidence {
  return { source: 'refused request', text: `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`} by ${userText(user)}: ${message}${count > 1 ? ` (${count} times)` : ''}`, at: formatTime(lastMs) };
}

export const fieldEvidence = (field: string, text: string): Evidence => ({ source: `field ${field}`, text });

/** Controllers by their name alone. */
export function userText(user: string): string {
  const account = /^system:serviceaccount:kube-system:(.+)$/.exec(user)?.[1];
  if (account !== undefined) return account;
  const node = /^system:node:(.+)$/.exec(user)?.[1];
  if (node !== undefined) return `the kubelet of ${node}`;
  return user.startsWith('system:kube-') ? user.slice('system:'.length) : user;
}

/** Of an object that was read. */
export const nameObject = (kind: string, { metadata }: KubeObject): Named => ({ kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' });

/** `pod/web`. */
export const objectText = ({ kind, name }: Named): string => `${kind.toLowerCase()}/${name}`;

/** `1 pod`, `2 pods`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** ` -n web`, for commands; empty where there is no namespace. */
export const inNamespace = (namespace: string): string => (namespace === '' ? '' : ` -n ${namespace}`);
