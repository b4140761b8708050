import { createHash } from 'node:crypto';
import type { Outcome } from './run-ours.ts';

/** Ages differ by the second that passes between two commands. */
const ages = /\b\d+(?:y\d+d|y|d\d+h|d|h\d+m|h|m\d+s|ms|m|\.\d+s|s)\b/g;

/** How wide a column of ages is depends on the ages. */
const besideAges = /(\bAGE|\bAge| ----) {2,}/g;

/** The folders that `kubectl diff` compares, and when their files were written. */
const ofDiff = /\b(LIVE|MERGED)-\w+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}/g;

/** When a node last said that it is there, which it does every few seconds. */
const renewed = /(RenewTime: +).*/g;

/** Puts a name where a pattern matches, as wide as what it replaces where a column goes on after it. */
function name(text: string, pattern: RegExp, shown: string): string {
  return text.replaceAll(new RegExp(`(?:${pattern.source})( {2,})?`, pattern.flags), (...found: (string | number | undefined)[]) => {
    const [whole, ...groups] = found.slice(0, -2) as [string, ...(string | undefined)[]];
    const word = shown.replaceAll(/\$(\d)/g, (_, at: string) => groups[Number(at) - 1] ?? '');
    return groups.at(-1) === undefined ? word : word.padEnd(Math.max(whole.length, word.length + 2));
  });
}

/** The lines of a text, in an order in which their ages have no say. */
export function inAnyOrder(text: string): string {
  const lines = text.split('\n').map((line) => ({ line, ageless: name(line, ages, 'AGE') }));
  return lines.sort((a, b) => (a.ageless === b.ageless ? 0 : a.ageless < b.ageless ? -1 : 1)).map(({ line }) => line).join('\n');
}

/** Lines of upstream's own log, which has a time and a line of its source; what it tells a person stands below. */
const ofItsLog = /^[EWI]\d{4} [\d:.]+ +\d+ \S+\] .*\n/gm;

/** What is compared of an outcome. */
export function outcomeText({ code, stdout, stderr }: Outcome): string {
  const text = `${stdout}--- stderr\n${stderr.replaceAll(ofItsLog, '')}--- exit code ${code}\n`.replaceAll(ofDiff, (_, folder?: string) => folder ?? 'TIME').replaceAll(/kubectl-edit-\w+/g, 'kubectl-edit-RANDOM').replaceAll(renewed, '$1TIME');
  return name(text, ages, 'AGE').replaceAll(besideAges, '$1  ');
}

/** What differs from one cluster to the next, and how it is written down instead. */
const ofOneCluster: readonly (readonly [RegExp, string])[] = [
  [/\bX509SHA256=[0-9a-f]{64}\b/g, 'FINGERPRINT'],
  [/\bsimulated:\/\/[0-9a-f]{64}\b/g, 'CONTAINER'],
  [/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g, 'CERTIFICATE'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, 'TIME'],
  [/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}(?: UTC)?/g, 'TIME'],
  [/(resourceVersion(?:\\?")?: ?(?:\\?")?|Resource Version: +)\d+/g, '$1VERSION'],
  [/\b(?:127\.0\.0\.1|192\.0\.2\.\d+|localhost|\[::1\]):\d+/g, 'ADDRESS'],
  // Where the kubelet and the API server listen.
  [/(\bPort"?: |\bhttps {2})\d{5}\b/g, '$1PORT'],
  [/\b10\.(?:96|244)\.\d+\.\d+\b/g, 'IP'],
  [/-[0-9a-f]{8,10}-[a-z0-9]{5}\b/g, '-HASH'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-RANDOM'],
  [/\b3[0-2]\d{3}\b/g, 'NODEPORT'],
  [/coxswain-kubectl-\w+/g, 'FOLDER'],
];

/** What an outcome says beyond its cluster, namespace and time. */
export function generalText(outcome: Outcome): string {
  // Before ages are taken out: parts of a UID may look like one.
  const general = (text: string): string => ofOneCluster.reduce((shown, [pattern, word]) => name(shown, pattern, word), text);
  // So are lines of the log: the process's number in them may look like a port.
  return outcomeText({ ...outcome, stdout: general(outcome.stdout), stderr: general(outcome.stderr.replaceAll(ofItsLog, '')) });
}

/** The digest of an outcome that another cluster, at another time, has as well. */
export const outcomeDigest = (outcome: Outcome): string => createHash('sha256').update(generalText(outcome)).digest('hex').slice(0, 16);
