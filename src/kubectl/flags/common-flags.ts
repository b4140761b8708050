/** Flags that several commands share, with one wording. */
import { bool, int, list, text } from './flags.ts';

export const fileFlags = {
  'filename': list('Filename, directory, or URL to files to use.', { short: 'f' }),
  'kustomize': text('Process the kustomization directory. This flag can\'t be used together with -f or -R.', { short: 'k' }),
  'recursive': bool('Process the directory used in -f, --filename recursively. Useful when you want to manage related manifests organized within the same directory.', { short: 'R' }),
} as const;

/** What `select` wants of them. */
export const filesOf = (flags: { readonly filename: readonly string[]; readonly kustomize: string; readonly recursive: boolean }): { readonly filenames: readonly string[]; readonly kustomize: string; readonly recursive: boolean } => ({ filenames: flags.filename, kustomize: flags.kustomize, recursive: flags.recursive });

export const selectorFlag = { selector: text('Selector (label query) to filter on, supports \'=\', \'==\', \'!=\', \'in\', \'notin\'.(e.g. -l key1=value1,key2=value2,key3 in (value3)). Matching objects must satisfy all of the specified label constraints.', { short: 'l' }) } as const;
export const fieldSelectorFlag = { 'field-selector': text('Selector (field query) to filter on, supports \'=\', \'==\', and \'!=\'.(e.g. --field-selector key1=value1,key2=value2). The server only supports a limited number of field queries per type.') } as const;
export const allNamespacesFlag = { 'all-namespaces': bool('If present, list the requested object(s) across all namespaces. Namespace in current context is ignored even if specified with --namespace.', { short: 'A' }) } as const;
export const chunkSizeFlag = { 'chunk-size': int('Return large lists in chunks rather than all at once. Pass 0 to disable.', { initial: 500 }) } as const;
