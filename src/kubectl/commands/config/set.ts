import { command } from '../../command.ts';
import type { Section } from '../../config/edit-kubeconfig.ts';
import { KubeconfigEditor } from '../../config/edit-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import { bool } from '../../flags/flags.ts';
import { usageError } from '../../usage-error.ts';
import { rawEntry } from './raw-entry.ts';

type Kind = 'string' | 'bool' | 'bytes' | 'other';

/** The fields that an entry of each section may have. */
const fields: Readonly<Record<Section, Readonly<Record<string, Kind>>>> = {
  clusters: { 'server': 'string', 'tls-server-name': 'string', 'insecure-skip-tls-verify': 'bool', 'certificate-authority': 'string', 'certificate-authority-data': 'bytes', 'proxy-url': 'string', 'disable-compression': 'bool', 'extensions': 'other' },
  contexts: { cluster: 'string', user: 'string', namespace: 'string', extensions: 'other' },
  users: { 'client-certificate': 'string', 'client-certificate-data': 'bytes', 'client-key': 'string', 'client-key-data': 'bytes', 'token': 'string', 'tokenFile': 'string', 'as': 'string', 'as-uid': 'string', 'as-groups': 'other', 'as-user-extra': 'other', 'username': 'string', 'password': 'string', 'auth-provider': 'other', 'exec': 'other', 'extensions': 'other' },
};

const isSection = (word: string): word is Section => word in fields;

interface Property { readonly section: Section; readonly name: string; readonly field: string | undefined }

/** `clusters.10.0.0.1.server`: a name may have dots, and ends where a field's name comes. */
function propertyOf(path: string): Property | undefined {
  const [section = '', ...parts] = path.split('.');
  if (!isSection(section)) {
    if (section === 'current-context' || section === 'kind' || section === 'apiVersion') return undefined;
    throw new KubectlError(`unable to parse ${path} after [] at api.Config`);
  }
  const at = parts.findIndex((part, i) => i > 0 && part in fields[section]);
  const name = parts.slice(0, at < 0 ? undefined : at).join('.');
  return { section, name, field: at < 0 ? undefined : parts.slice(at).join('.') };
}

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False', '']);

function valueOf(kind: Kind | undefined, text: string, { raw, path }: { readonly raw: boolean; readonly path: string }): unknown {
  switch (kind) {
    case 'string': return text;
    case 'bool':
      if (trueWords.has(text)) return true;
      if (falseWords.has(text)) return false;
      throw new KubectlError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    case 'bytes':
      if (raw) return Buffer.from(text).toString('base64');
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new KubectlError(`error decoding input value: illegal base64 data at input byte ${Math.max(0, text.search(/[^A-Za-z0-9+/]/))}`);
      return text;
    case 'other': case undefined: throw new KubectlError(`unable to parse one or more field values of ${path}`);
  }
}

/** `config set`. */
export const set = command({
  usage: 'set PROPERTY_NAME PROPERTY_VALUE',
  description: 'Set an individual value in a kubeconfig file. PROPERTY_NAME is a dot delimited name, each part of which is the name of a field or of an entry; PROPERTY_VALUE is the new value.',
  examples: `
    # Where a cluster is
    kubectl config set clusters.my-cluster.server https://1.2.3.4`,
  flags: { 'set-raw-bytes': bool('When writing a []byte PROPERTY_VALUE, write the given string directly without base64 decoding.') },
  async run({ session, args, flags, path }) {
    const [property, value] = args;
    if (property === undefined || value === undefined || args.length !== 2) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
    if (value === '') throw new KubectlError('you cannot use set to unset a property');
    if (property === '') throw new KubectlError('you must specify a property');
    const editor = await KubeconfigEditor.open(session);
    const found = propertyOf(property);
    if (found === undefined) {
      if (property === 'current-context') editor.setCurrentContext(value);
      else editor.setTop(property, value);
    } else {
      const { section, name, field } = found;
      if (field === undefined) throw new KubectlError(`can't set a map to a value: ${property}`);
      editor.set(section, name, { ...await rawEntry(editor, section, name), [field]: valueOf(fields[section][field], value, { raw: flags['set-raw-bytes'], path: property }) });
    }
    editor.save();
    await session.io.stdout.write(`Property ${JSON.stringify(property)} set.\n`);
  },
});

/** `config unset`. */
export const unset = command({
  usage: 'unset PROPERTY_NAME',
  description: 'Unset an individual value in a kubeconfig file. PROPERTY_NAME is a dot delimited name, each part of which is the name of a field or of an entry.',
  examples: `
    # No current context any more
    kubectl config unset current-context

    # A namespace less
    kubectl config unset contexts.foo.namespace`,
  async run({ session, args, path }) {
    const [property] = args;
    if (property === undefined || args.length !== 1) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
    if (property === '') throw new KubectlError('you must specify a property');
    const editor = await KubeconfigEditor.open(session);
    const found = propertyOf(property);
    if (found === undefined) {
      if (property === 'current-context') editor.setCurrentContext('');
      else editor.setTop(property, undefined);
    } else if (found.name === '') for (const name of editor.config[found.section].keys()) editor.delete(found.section, name);
    else if (found.field === undefined) editor.delete(found.section, found.name);
    else {
      if (!editor.config[found.section].has(found.name)) throw new KubectlError(`current map key \`${found.name}\` is invalid`);
      const { [found.field]: _, ...rest } = await rawEntry(editor, found.section, found.name);
      editor.set(found.section, found.name, rest);
    }
    editor.save();
    await session.io.stdout.write(`Property ${JSON.stringify(property)} unset.\n`);
  },
});
