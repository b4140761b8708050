import { join } from 'node:path';
import { readsAsOther } from '../printers/go-yaml.ts';

/** Where an object, or a change of it, comes from. */
export interface Origin {
  readonly path?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly configuredIn?: string;
  readonly configuredBy?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string; readonly namespace?: string };
}

export const originAnnotation = 'config.kubernetes.io/origin';
export const transformationsAnnotation = 'alpha.config.kubernetes.io/transformations';

/** The origin of what a path of somebody names; `repository`, where it is the URL of one. */
export function within(origin: Origin, path: string, repository?: { readonly repo: string; readonly ref: string; readonly path: string }): Origin {
  if (repository === undefined) return { ...origin, path: join(origin.path ?? '', path) };
  return { ...origin, repo: repository.repo, ...(repository.ref !== '' && { ref: repository.ref }), path: repository.path };
}

const scalar = (text: string): string => (readsAsOther(text) ? JSON.stringify(text) : text);

function lines(origin: Origin): string[] {
  const written = (['path', 'repo', 'ref', 'configuredIn'] as const).filter((key) => (origin[key] ?? '') !== '').map((key) => `${key}: ${scalar(origin[key]!)}`);
  const by = Object.entries(origin.configuredBy ?? {}).filter(([, value]) => value !== undefined && value !== '');
  return [...written, ...(by.length === 0 ? [] : ['configuredBy:', ...by.map(([key, value]) => `  ${key}: ${scalar(value!)}`)])];
}

export const originText = (origin: Origin): string => lines(origin).map((line) => `${line}\n`).join('') || '{}\n';
export const transformationsText = (all: readonly Origin[]): string => all.map((origin) => (lines(origin).join('\n') || '{}').split('\n').map((line, i) => `${i === 0 ? '- ' : '  '}${line}\n`).join('')).join('');
