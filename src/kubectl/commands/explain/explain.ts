import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import type { Mapper } from '../../discovery/mapper.ts';
import { inOrder } from '../../discovery/mapper.ts';
import type { ApiResource } from '../../discovery/resource.ts';
import { fullNameOf } from '../../discovery/resource.ts';
import { KubectlError } from '../../errors.ts';
import { bool, text } from '../../flags/flags.ts';
import type { Session } from '../../session.ts';
import type { Document } from './schema-text.ts';
import type { DocumentV2 } from './openapi-v2-text.ts';

const flags = {
  'api-version': text('Get different explanations for particular API version (API group/version)'),
  'output': text('Format in which to render the schema (plaintext, plaintext-openapiv2)', { short: 'o', initial: 'plaintext' }),
  'recursive': bool('Print the fields of fields', { short: 'R' }),
} as const;

const suggestion = 'Use "kubectl api-resources" for a complete list of supported resources.';

interface Asked { readonly resource: ApiResource; readonly path: readonly string[] }

/** The words of `pods.spec.containers`. */
function wordsOf(argument: string): string[] {
  const words = argument.replace(/\.$/, '').split('.');
  if (words.some((word) => /[[\]*?@(){}]/.test(word))) throw new KubectlError('invalid jsonpath syntax, first node must be field node');
  return words;
}

/** As upstream, here without `error:` before it. */
async function known(mapper: Mapper, word: string): Promise<ApiResource> {
  try {
    return await mapper.resource(word);
  } catch (error) {
    throw error instanceof KubectlError ? new KubectlError(error.message, { prefixed: true, cause: error }) : error;
  }
}

/** `deployments.apps.spec` names a group before the field; `pods.spec` does not. */
async function read(session: Session, argument: string, { withGroup }: { readonly withGroup: boolean }): Promise<Asked> {
  const [word = '', ...path] = wordsOf(argument);
  const mapper = await session.mapper();
  const resource = await known(mapper, word);
  if (!withGroup) return { resource, path };
  const named = inOrder(mapper.discovery).filter((one) => one.resource === resource.resource || one.resource === word || one.singular === word);
  const match = named.find((one) => argument.startsWith(fullNameOf(one)));
  return match === undefined ? { resource, path } : { resource: match, path: argument.slice(fullNameOf(match).length).split('.').filter((part) => part !== '') };
}

function groupVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const parts = apiVersion.split('/');
  if (parts.length > 2) throw new KubectlError(`unexpected GroupVersion string: ${apiVersion}`);
  return parts.length === 2 ? { group: parts[0]!, version: parts[1]! } : { group: '', version: apiVersion };
}

async function ofVersion2(session: Session, { resource, path }: Asked, recursive: boolean): Promise<Iterable<string>> {
  const [document, { SchemaTextV2 }] = await Promise.all([(await session.connection()).json<DocumentV2>({ method: 'GET', path: '/openapi/v2', accept: 'application/json' }), import('./openapi-v2-text.ts')]);
  return [new SchemaTextV2(document, { recursive }).of({ group: resource.group, version: resource.version, kind: resource.kind }, path)];
}

async function ofVersion3(session: Session, { resource, path }: Asked, recursive: boolean): Promise<Iterable<string>> {
  const connection = await session.connection();
  const { paths = {} } = await connection.json<{ readonly paths?: Readonly<Record<string, { readonly serverRelativeURL: string }>> }>({ method: 'GET', path: '/openapi/v3' });
  const found = paths[resource.group === '' ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`];
  if (found === undefined) throw new KubectlError(`couldn't find resource for "${resource.group}/${resource.version}, Resource=${resource.resource}"`);
  const [document, { SchemaText }] = await Promise.all([connection.json<Document>({ method: 'GET', path: found.serverRelativeURL, accept: 'application/json' }), import('./schema-text.ts')]);
  return new SchemaText(document, { recursive }).of(resource, path);
}

async function run({ session, args, flags: values }: Call<typeof flags>): Promise<void> {
  const [argument] = args;
  if (argument === undefined) throw new KubectlError(`You must specify the type of resource to explain. ${suggestion}\n`);
  if (args.length > 1) throw new KubectlError('We accept only this format: explain RESOURCE\n');
  const asked = await read(session, argument, { withGroup: values['api-version'] === '' });
  const { recursive, output } = values;
  const wanted: Asked = values['api-version'] === '' ? asked : { ...asked, resource: { ...asked.resource, ...groupVersion(values['api-version']) } };
  if (output !== 'plaintext' && output !== 'plaintext-openapiv2') throw new KubectlError(`unrecognized format: ${output}`);
  const parts = await (output === 'plaintext' ? ofVersion3 : ofVersion2)(session, wanted, recursive);
  for (const part of parts) await session.io.stdout.write(part);
}

export default command({
  usage: 'explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]',
  description: `Describe fields and structure of various resources, as the server's OpenAPI documents tell them.

 A field is named by the way to it: TYPE.field.field.

${suggestion}`,
  examples: `
    # A resource and its fields
    kubectl explain pods

    # All fields below one another
    kubectl explain pods --recursive

    # One field
    kubectl explain pods.spec.containers

    # Of another version than the preferred one
    kubectl explain cronjobs --api-version=batch/v1`,
  flags,
  run,
});
