import type { KubeObject } from '../../api/meta/object.ts';
import { groupResourceOf } from '../../api/resource-type.ts';
import type { Finding } from '../explanation.ts';
import type { Rule } from '../rule.ts';
import { conditionEvidence } from '../wording.ts';

interface Conditioned extends KubeObject { readonly status?: { readonly conditions?: unknown } }
interface Condition { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }

/** What is good when it is True, by the names that the API's conventions, and most who follow them, use. */
const goodWhenTrue = /^(Ready|Available|Established|Accepted|Programmed|Synced|Healthy|Succeeded|NamesAccepted|Complete|Reconciled|Initialized)$/;
/** What is bad when it is True. */
const badWhenTrue = /(Failed|Failure|Stalled|Degraded|Error|NonStructuralSchema|Violating\w*)$/;

const isCondition = (value: unknown): value is Condition => typeof value === 'object' && value !== null && typeof (value as Condition).type === 'string' && typeof (value as Condition).status === 'string';

/** What an object says of itself, where no rule knows its type: custom resources, extension APIs, definitions. `spoken`: the types that others know. */
export const conditions = (spoken: ReadonlySet<string>): Rule => ({
  name: 'conditions',
  types: undefined,
  find(object, _asking, type): Finding[] {
    if (spoken.has(groupResourceOf(type))) return [];
    const said = (object as Conditioned).status?.conditions;
    if (!Array.isArray(said)) return [];
    return said.filter(isCondition).filter((one) => (goodWhenTrue.test(one.type) && one.status !== 'True') || (badWhenTrue.test(one.type) && one.status === 'True')).map((one) => ({
      cause: 'condition', fact: `${type.kind} ${object.metadata.name} ${goodWhenTrue.test(one.type) ? `is not ${one.type}` : `says ${one.type}`}: ${one.message ?? one.reason ?? 'it does not say why'}`.replace(/\.?$/, '.'), evidence: conditionEvidence(one),
      remedy: ['Its controller says so: see that it runs, and what it says.'],
    }));
  },
});
