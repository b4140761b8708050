import type { RefusalRecord } from '../../api/provenance.ts';
import type { Rule } from '../rule.ts';
import type { Finding } from '../explanation.ts';
import { inNamespace, refusalEvidence, userText } from '../wording.ts';

/** What was refused lately; older refusals are history. */
const freshMs = 15 * 60_000;

interface Kind { readonly cause: string; readonly says: RegExp; because(record: RefusalRecord, match: RegExpExecArray): string; remedy(record: RefusalRecord, match: RegExpExecArray): string[] }

/** By what admission says; the first that matches. */
const kinds: readonly Kind[] = [
  {
    cause: 'quota', says: /exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)/s,
    because: (_record, [, quota, requested, used, limited]) => `the quota ${quota} allows ${limited}, ${used} is used, and ${requested} more was asked for`,
    remedy: ({ namespace }, [, quota]) => [`Raise the quota: kubectl edit resourcequota ${quota}${inNamespace(namespace)}`, 'Or ask for less, or delete what is not needed any more.'],
  },
  {
    cause: 'quota', says: /failed quota: ([^:]+): must specify (.+)/s,
    because: (_record, [, quota, what]) => `the quota ${quota} wants ${what} to be stated`,
    remedy: (_record, [, , what]) => [`State ${what} for every container, or give the namespace a LimitRange with defaults.`],
  },
  {
    cause: 'webhook', says: /admission webhook "([^"]+)" denied the request/,
    because: (_record, [, webhook]) => `the webhook ${webhook} denied it`,
    remedy: (_record, [, webhook]) => [`Do as ${webhook} says, or change its configuration: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`],
  },
  {
    cause: 'webhook', says: /failed calling webhook "([^"]+)"/,
    because: (_record, [, webhook]) => `the webhook ${webhook} could not be asked, and its failurePolicy is Fail`,
    remedy: (_record, [, webhook]) => [`See that what serves ${webhook} runs and is reached, or set its failurePolicy to Ignore.`],
  },
  {
    cause: 'policy', says: /ValidatingAdmissionPolicy '([^']+)'/,
    because: (_record, [, policy]) => `the policy ${policy} denied it`,
    remedy: (_record, [, policy]) => [`Do as it says, or see the policy: kubectl get validatingadmissionpolicy ${policy} -o yaml`],
  },
  {
    cause: 'pod-security', says: /violates PodSecurity "([^"]+)"/,
    because: (_record, [, level]) => `the namespace enforces the Pod Security Standard ${level}`,
    remedy: () => ['Change what the message names in the pod template, or the namespace\'s label pod-security.kubernetes.io/enforce.'],
  },
  {
    cause: 'limit-range', says: /(?:minimum|maximum) .+ usage per|max limit to request ratio/,
    because: () => 'a limit range of the namespace forbids it',
    remedy: ({ namespace }) => [`Stay within it: kubectl describe limitrange${inNamespace(namespace)}`],
  },
  {
    cause: 'budget', says: /Cannot evict pod as it would violate the pod's disruption budget/,
    because: () => 'its disruption budget allows no disruption now',
    remedy: ({ namespace }) => ['Wait until more of its pods are healthy; whoever drains tries again by himself.', `Or give it more replicas, or change the budget: kubectl get pdb${inNamespace(namespace)}`],
  },
  {
    cause: 'service-account', says: /error looking up service account ([^:]+):/,
    because: (_record, [, account]) => `its service account ${account} is not there`,
    remedy: (_record, [, account]) => [`Create it: kubectl create serviceaccount ${account!.split('/').at(-1)}${inNamespace(account!.split('/')[0]!)}`],
  },
  {
    cause: 'namespace-terminating', says: /unable to create new content in namespace (\S+) because it is being terminated/,
    because: (_record, [, namespace]) => `the namespace ${namespace} is being deleted, and takes nothing new`,
    remedy: (_record, [, namespace]) => [`Wait until it is gone and make it anew, or see why it does not go: kubectl why namespace ${namespace}`],
  },
  {
    cause: 'invalid', says: / is invalid: (.+)/s,
    because: (_record, [, what]) => what!.replace(/\.$/, ''),
    remedy: () => ['Correct what the message names.'],
  },
  {
    cause: 'access', says: /User "([^"]+)" cannot (\S+) resource "([^"]+)"/,
    because: (_record, [, user, verb, resource]) => `${userText(user!)} may not ${verb} ${resource}`,
    remedy: (_record, [, user, verb, resource]) => [`Let a role allow it, if that is meant: kubectl auth can-i ${verb} ${resource} --as ${user}`],
  },
];

const nouns: Readonly<Record<string, string>> = { create: 'Creating', update: 'Updating', patch: 'Changing', delete: 'Deleting' };

/** What was refused, and by whom, as a finding. */
export function refusalFinding(record: RefusalRecord): Finding {
  const { verb, resource, subresource, name, owner, message, user } = record;
  const what = subresource === 'eviction' ? `Evicting pod ${name}` : `${nouns[verb] ?? verb} ${name === '' ? `a ${resource.replace(/s$/, '')}` : `${resource.replace(/s$/, '')} ${name}`}`;
  const whose = owner === undefined ? '' : ` for ${owner.kind.toLowerCase()} ${owner.name}`;
  for (const kind of kinds) {
    const match = kind.says.exec(message);
    if (match !== null) return { cause: kind.cause, fact: `${what}${whose} was refused: ${kind.because(record, match)}.`, evidence: [refusalEvidence(record)], remedy: kind.remedy(record, match) };
  }
  return { cause: 'refused', fact: `${what}${whose} by ${userText(user)} was refused.`, evidence: [refusalEvidence(record)], remedy: ['The message says what is wrong with it.'] };
}

/** Requests about the object, or about what it is to have, that were refused lately and not granted since. */
export const refused: Rule = {
  name: 'refused',
  types: undefined,
  find: (object, { view }, type) => {
    const key = `${type.group === '' ? type.resource : `${type.resource}.${type.group}`}/${object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata.name}`;
    const writes = view.parts.provenance.writesOf(key);
    return view.refusalsOf(type, object).filter((record) => {
      if (view.parts.nowMs() - record.lastMs > freshMs) return false;
      const own = record.owner?.uid !== object.metadata.uid;
      // The same user got through with it later.
      return !own || !writes.some(({ user, subresource, atMs, operation }) => atMs > record.lastMs && user === record.user && (subresource === record.subresource || operation === 'marked'));
    }).slice(0, 5).map(refusalFinding);
  },
};
