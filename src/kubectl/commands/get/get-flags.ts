import { allNamespacesFlag, chunkSizeFlag, fieldSelectorFlag, fileFlags, selectorFlag } from '../../flags/common-flags.ts';
import { bool, list, text } from '../../flags/flags.ts';
import { outputFlags } from '../../printers/output.ts';
import { atFlag } from '../../resources/at-flag.ts';

export const getFlags = {
  ...atFlag, ...outputFlags, ...fileFlags, ...selectorFlag, ...fieldSelectorFlag, ...allNamespacesFlag, ...chunkSizeFlag,
  'raw': text('Raw URI to request from the server.  Uses the transport specified by the kubeconfig file.'),
  'watch': bool('After listing/getting the requested object, watch for changes.', { short: 'w' }),
  'watch-only': bool('Watch for changes to the requested object(s), without listing/getting first.'),
  'output-watch-events': bool('Output watch event objects when --watch or --watch-only is used. Existing objects are output as initial ADDED events.'),
  'ignore-not-found': bool('If set to true, suppresses NotFound error for specific objects that do not exist. Using this flag with commands that query for collections of resources has no effect when no resources are found.'),
  'server-print': bool('If true, have the server return the appropriate table output. Supports extension APIs and CRDs.', { initial: true }),
  'no-headers': bool('When using the default or custom-column output format, don\'t print headers (default print headers).'),
  'show-kind': bool('If present, list the resource type for the requested object(s).'),
  'show-labels': bool('When printing, show all labels as the last column (default hide labels column)'),
  'label-columns': list('Accepts a comma separated list of labels that are going to be presented as columns. Names are case-sensitive. You can also use multiple flag options like -L label1 -L label2...', { short: 'L' }),
  'sort-by': text('If non-empty, sort list types using this field specification.  The field specification is expressed as a JSONPath expression (e.g. \'{.metadata.name}\'). The field in the API resource specified by this JSONPath expression must be an integer or a string.'),
  'subresource': text('If specified, gets the subresource of the requested object.'),
} as const;
