/** `/statusz` and `/flagz`: what a component is and with which flags it was started, for people and for programs (KEP-4827, KEP-4828). */
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import { ApiError } from '../../api/status.ts';
import { parseAcceptHeader } from '../encoding/accept-header.ts';
import { contentTypeOf, encodeObject } from '../encoding/encode.ts';
import type { PathHandler } from '../options.ts';
import type { ApiResponse, RequestContext } from '../request.ts';
import { versionInfo } from '../../base/version-info.ts';

interface Page {
  readonly path: '/statusz' | '/flagz';
  readonly kind: 'Statusz' | 'Flagz';
  text(): string;
  fields(): object;
}

/** The component, as it calls itself. */
const component = 'apiserver';
const group = 'config.k8s.io';
const versions: ReadonlySet<string> = new Set(['v1beta1', 'v1alpha1']);
const older = 'v1alpha1';

type Choice = { readonly as: 'text' } | { readonly as: 'json' | 'yaml'; readonly version: string };

/** What the client takes of what there is: programs have to name kind and version. */
function choose(accept: string, kind: Page['kind']): Choice {
  if (accept.trim() === '') return { as: 'text' };
  for (const { type, subtype, parameters } of parseAcceptHeader(accept)) {
    const plain = !parameters.has('as') && !parameters.has('g') && !parameters.has('v');
    const version = parameters.get('v') ?? '';
    const named = parameters.get('as') === kind && parameters.get('g') === group && versions.has(version);
    for (const as of ['json', 'yaml'] as const) if (named && (type === '*' || (type === 'application' && (subtype === as || subtype === '*')))) return { as, version };
    if (plain && (type === '*' || (type === 'text' && (subtype === 'plain' || subtype === '*')))) return { as: 'text' };
  }
  throw new ApiError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml, text/plain');
}

function answer(page: Page, context: RequestContext): ApiResponse {
  const choice = choose(context.header('accept') ?? '', page.kind);
  if (choice.as === 'text') {
    const name = page.path.slice(1);
    const head = `\n${component} ${name}\nWarning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n`;
    return { kind: 'raw', code: 200, contentType: 'text/plain; charset=utf-8', body: head + page.text() };
  }
  if (choice.version === older) context.warn(`This version of the ${page.path.slice(1)} endpoint is deprecated. Please use a newer version.`);
  const object = { kind: page.kind, apiVersion: `${group}/${choice.version}`, metadata: { name: component }, ...page.fields() };
  return { kind: 'raw', code: 200, contentType: contentTypeOf(choice.as), body: encodeObject(object, choice.as, false) };
}

const handlerOf = (page: Page): PathHandler => ({ path: page.path, handle: (context) => answer(page, context) });

/** Folders of what is served for its own sake, and not to find out about the component. */
const served: ReadonlySet<string> = new Set(['/api', '/apis', '/openapi', '/openid', '/.well-known']);

function foldersOf(paths: readonly string[]): string[] {
  const folders = paths.map((path) => `/${path.split('/')[1] ?? ''}`).filter((folder) => folder !== '/' && !served.has(folder));
  return [...new Set(folders)].sort();
}

const two = (number: number): string => String(number).padStart(2, '0');

/** `Mon Jan  2 15:04:05 UTC 2006`, as `date` prints it. */
function unixDate(epochMs: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(epochMs).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day.replace(/^0/, ' ')} ${time} UTC ${year}`;
}

const binaryVersion = versionInfo.gitVersion.replace(/^v|\+.*$/g, '');
const emulationVersion = `${versionInfo.emulationMajor}.${versionInfo.emulationMinor}`;

/** `/statusz`, of a server that has been there from now on. `paths`: everything that it serves. */
export function statusz(clock: Clock, paths: () => readonly string[]): PathHandler {
  const startedMs = clock.now();
  const upSeconds = (): number => Math.max(0, Math.floor((clock.now() - startedMs) / 1000));
  return handlerOf({
    path: '/statusz',
    kind: 'Statusz',
    text() {
      const up = upSeconds();
      const lines = [
        `Started: ${unixDate(startedMs)}`, `Up: ${Math.floor(up / 3600)} hr ${two(Math.floor(up / 60) % 60)} min ${two(up % 60)} sec`, `Go version: ${versionInfo.goVersion}`,
        `Binary version: ${binaryVersion}`, `Emulation version: ${emulationVersion}`, `Paths: ${foldersOf(paths()).join(' ')}`,
      ];
      return `\n${lines.join('\n')}\n`;
    },
    fields: () => ({ startTime: formatTime(startedMs), uptimeSeconds: upSeconds(), goVersion: versionInfo.goVersion, binaryVersion, emulationVersion, paths: foldersOf(paths()) }),
  });
}

/** `/flagz`: the flags with which the component was started, and their values. */
export function flagz(flags: Readonly<Record<string, string>>): PathHandler {
  const sorted = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
  return handlerOf({
    path: '/flagz',
    kind: 'Flagz',
    text: () => sorted.map(([name, value]) => `${name}=${value}\n`).join(''),
    fields: () => ({ flags: Object.fromEntries(sorted) }),
  });
}
