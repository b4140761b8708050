import type { SelfSubjectAccessReview, SelfSubjectRulesReview } from '../../../api/types/authorization/v1.ts';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import type { ApiResource } from '../../discovery/resource.ts';
import { ExitError, KubectlError } from '../../errors.ts';
import { allNamespacesFlag } from '../../flags/common-flags.ts';
import { bool, text } from '../../flags/flags.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import { compactRules, resourceText, ruleText } from './rules.ts';

const flags = {
  ...allNamespacesFlag,
  'list': bool('If true, prints all allowed actions.'),
  'no-headers': bool('If true, prints allowed actions without headers'),
  'quiet': bool('If true, suppress output and just return the exit code.', { short: 'q' }),
  'subresource': text('SubResource such as pod/log or deployment/scale'),
} as const;

type CanCall = Call<typeof flags>;

const resourceVerbs = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use', 'bind', 'impersonate', '*', 'approve', 'sign', 'escalate', 'attest']);
const urlVerbs = new Set(['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*']);
/** Not in discovery, and yet asked about. */
const virtualResources = new Set(['users', 'groups']);
const apiVersion = 'authorization.k8s.io/v1';

async function list({ session, flags: values }: CanCall): Promise<void> {
  const { name: namespace } = await session.namespace();
  const review = await (await session.connection()).json<SelfSubjectRulesReview>({ method: 'POST', path: `/apis/${apiVersion}/selfsubjectrulesreviews`, body: JSON.stringify({ apiVersion, kind: 'SelfSubjectRulesReview', spec: { namespace } }) });
  const { status } = review;
  if (status?.incomplete === true) await session.io.stderr.write(`Warning: the list may be incomplete: ${status.evaluationError ?? ''}\n`);
  const rules = compactRules([...(status?.resourceRules ?? []), ...(status?.nonResourceRules ?? [])]).map((rule) => ({ rule, text: ruleText(rule) })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const out = new TabWriter();
  const inBrackets = (values_: readonly string[] | undefined): string => `[${(values_ ?? []).join(' ')}]`;
  if (!values['no-headers']) out.write('Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
  for (const { rule } of rules) out.write(`${resourceText(rule)}\t${inBrackets(rule.nonResourceURLs)}\t${inBrackets(rule.resourceNames)}\t${inBrackets(rule.verbs)}\n`);
  await session.io.stdout.write(out.flush());
}

async function resourceFor({ session }: CanCall, word: string): Promise<ApiResource | undefined> {
  if (word === '*') return undefined;
  try {
    return await (await session.mapper()).resource(word.toLowerCase());
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    const [resource, ...group] = word.toLowerCase().split('.');
    if (!virtualResources.has(word.toLowerCase())) await session.io.stderr.write(`Warning: the server doesn't have a resource type '${resource!}'${group.length === 0 ? '' : ` in group '${group.join('.')}'`}\n\n`);
    return undefined;
  }
}

async function question(call: CanCall): Promise<object> {
  const { session, args: [verb, subject], flags: values } = call;
  const warn = (message: string): Promise<void> => session.io.stderr.write(`Warning: ${message}\n\n`);
  if (subject!.startsWith('/')) {
    if (values.subresource !== '') throw new KubectlError('--subresource can not be used with NonResourceURL');
    if (!urlVerbs.has(verb!)) await warn(`verb '${verb!}' is not a known verb`);
    return { nonResourceAttributes: { verb, path: subject } };
  }
  const slash = subject!.indexOf('/');
  const [word, name] = slash < 0 ? [subject!, ''] : [subject!.slice(0, slash), subject!.slice(slash + 1)];
  const resource = await resourceFor(call, word);
  if (resource !== undefined && !values['all-namespaces'] && !resource.namespaced) await warn(`resource '${resource.resource}' is not namespace scoped${resource.group === '' ? '' : ` in group '${resource.group}'`}`);
  if (!values['all-namespaces'] && !resourceVerbs.has(verb!)) await warn(`verb '${verb!}' is not a known verb`);
  const namespace = values['all-namespaces'] ? '' : (await session.namespace()).name;
  return { resourceAttributes: { namespace, verb, group: resource?.group ?? '', resource: resource?.resource ?? word, subresource: values.subresource, name } };
}

async function run(call: CanCall): Promise<void> {
  const { session, args, flags: values } = call;
  if (values.list) {
    if (args.length > 0) throw new KubectlError('list option must be specified with no arguments');
    if (values.quiet || values['all-namespaces'] || values.subresource !== '') throw new KubectlError('list option can\'t be specified with neither quiet, all-namespaces nor subresource options');
    return list(call);
  }
  if (args.length !== 2) throw new KubectlError('you must specify two arguments: verb resource or verb resource/resourceName.\nSee \'kubectl auth can-i -h\' for help and examples.');
  const spec = await question(call);
  if (values['no-headers']) throw new KubectlError('--no-headers cannot be set without --list specified');
  const { status } = await (await session.connection()).json<SelfSubjectAccessReview>({ method: 'POST', path: `/apis/${apiVersion}/selfsubjectaccessreviews`, body: JSON.stringify({ apiVersion, kind: 'SelfSubjectAccessReview', spec }) });
  const allowed = status?.allowed === true;
  const why = [status?.reason, status?.evaluationError].filter((text_) => text_ !== undefined && text_ !== '').map((text_) => ` - ${text_!}`).join('');
  if (!values.quiet) await session.io.stdout.write(allowed ? 'yes\n' : `no${why}\n`);
  if (!allowed) throw new ExitError(1);
}

export default command({
  usage: 'can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  description: 'Check whether an action is allowed. VERB is a verb of the API, such as get or watch; TYPE is a resource; NONRESOURCEURL begins with "/".',
  examples: `
    # May I create pods anywhere?
    kubectl auth can-i create pods --all-namespaces

    # May I read the logs of pods?
    kubectl auth can-i get pods --subresource=log

    # What may I do here?
    kubectl auth can-i --list`,
  flags,
  run,
});
