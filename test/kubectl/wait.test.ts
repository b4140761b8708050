import { test } from 'node:test';
import type { Comparison } from './compare.ts';
import { describeSame } from './compare.ts';

/** Things whose status nobody but the test writes. */
const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, listKind: BoatList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`;
const boat = (name: string, status: string, labels = 'fleet: a'): string => `---\napiVersion: example.com/v1\nkind: Boat\nmetadata: {name: ${name}, labels: {${labels}}}\nspec: {crew: 3, list: [1, 2], none: null, flag: true, text: " padded ", half: 0.5, empty: "", zero: 0}\nstatus: ${status}\n`;
const boats = [
  boat('ready', '{conditions: [{type: Afloat, status: "True"}, {type: Moored, status: "False", reason: AtSea}, {type: Odd, status: Perhaps}, {type: Numbered, status: 1}, text]}'),
  boat('stale', '{observedGeneration: 0, conditions: [{type: Afloat, status: "True"}, {type: Own, status: "True", observedGeneration: 5}, {type: Behind, status: "True", observedGeneration: 0}]}'),
  boat('fresh', '{observedGeneration: 1, conditions: [{type: Afloat, status: "True"}]}', 'fleet: b'), boat('bare', '{}', 'fleet: c'), boat('odd', '{conditions: none}', 'fleet: d'),
].join('');

const at = 'wait boat/ready --timeout=0';
const path = (text: string): string => `${at} --for=jsonpath=${text}`;

/** Runs a line that waits, and at the same time what it waits for. */
async function sameWait(comparison: Comparison, title: string, { before, line, meanwhile }: { readonly before: readonly string[]; readonly line: string; readonly meanwhile: string }): Promise<void> {
  await comparison.sameOutcome(title, async (run) => {
    for (const one of before) await comparison.ours(one);
    const [outcome] = await Promise.all([run(line), comparison.ours(meanwhile)]);
    return outcome;
  });
}

/*
 * Not the same, and why: a selector that is none, which upstream's program tells with the list that it was for; objects
 * named beside files, which it refuses in other words here than elsewhere; several objects that are not there in time,
 * where the second gets what its rate limiter says.
 */
describeSame('kubectl wait, beside upstream\'s', {
  name: 'wait',
  lines: [
    `${at} --for=condition=Afloat`, `${at} --for=condition=afloat`, `${at} --for=condition=AFLOAT=TRUE`, `${at} --for=condition=Afloat=true`, `${at} --for=condition=Afloat=false`, `${at} --for=condition=Moored=false`, `${at} --for=condition=Moored`, `${at} --for=condition=Odd=perhaps`, `${at} --for=condition=Numbered=1`, `${at} --for=condition=`, `${at} --for=condition=Afloat=`, `${at} --for=condition=Afloat=True=x`, `${at} --for=condition`, `${at} --for=Condition=Afloat`, `${at} --for=`, `${at} --for=create`, `${at} --for=Create`, `${at} --for=DELETE`,
    'wait boat/stale --for=condition=Afloat --timeout=0', 'wait boat/stale --for=condition=Afloat --timeout=1s', 'wait boat/stale --for=condition=Own --timeout=0', 'wait boat/stale --for=condition=Behind --timeout=0', 'wait boat/fresh --for=condition=Afloat --timeout=0', 'wait boat/bare --for=condition=Afloat --timeout=0', 'wait boat/bare --for=condition=Afloat --timeout=1s', 'wait boat/odd --for=condition=Afloat --timeout=0',
    path('{.spec.crew}=3'), path('{.spec.crew}=4'), path('{.spec.crew}'), path('.spec.crew=3'), path('spec.crew=3'), path('\'{.spec.crew}\'="3"'), path('{.spec.flag}=true'), path('{.spec.flag}=True'), path('{.spec.text}=padded'), path('{.spec.half}=0.5'), path('{.spec.zero}=0'), path('{.spec.empty}'), path('{.spec.empty}=x'), path('{.spec.none}'), path('{.spec.none}=null'), path('{.spec.nope}'), path('{.spec.nope}=x'), path('{.spec.list}'), path('{.spec.list}=[1,2]'), path('{.spec.list[0]}=1'), path('{.spec.list[*]}'), path('{.spec}'), path('{.spec}=x'),
    path('\'{.status.conditions[?(@.type=="Afloat")].status}\'=True'), path('\'{.status.conditions[?(@.type=="Moored")].reason}\'=AtSea'), path('{.spec.crew}{.spec.zero}=3'), path('{'), path('{.spec.crew'), path(''), path('{.spec.crew}=='), path('{.spec.crew}==3'), path('{.spec.crew}=3=4'), path('{.spec.crew}='), path('{.spec.list[9]}'), path('{.spec.crew.deep}'), path('{.spec.crew}=3 -o name'), path('{.spec.crew}=3 -o yaml'), path('{.spec.crew}=3 -o jsonpath={.metadata.name}'), path('{.spec.crew}=3 -o nope'),
    'wait boat/ready boat/fresh --for=condition=Afloat', 'wait boats ready fresh --for=condition=Afloat -o name', 'wait boat/ready boat/bare boat/fresh --for=condition=Afloat --timeout=0', 'wait boat/bare boat/odd --for=condition=Afloat --timeout=1s', 'wait boats --all --for=jsonpath={.spec.crew}=3', 'wait boats --all --for=condition=Afloat --timeout=0', 'wait boats -l fleet=b --for=condition=Afloat', 'wait boats -l fleet=zzz --for=condition=Afloat', 'wait boats -l fleet=zzz --for=delete', 'wait boats -l fleet=zzz --for=create --timeout=0', 'wait boats -l fleet=zzz --for=create --timeout=1s', 'wait boats -l fleet=b --for=create',
    'wait boats,cm --all --for=jsonpath={.spec.crew}=3 --timeout=0', 'wait boats --all -l fleet=b --for=condition=Afloat', 'wait boat/ready -l fleet=a --for=condition=Afloat', 'wait boat/ready --all --for=condition=Afloat', 'wait boats --for=condition=Afloat', 'wait boats -A --for=condition=Afloat --timeout=0', 'wait boats -A --all --for=jsonpath={.spec.crew}=3', 'wait boats --field-selector=metadata.name=ready --for=condition=Afloat', 'wait boats --all --field-selector=metadata.name=ready --for=condition=Afloat', 'wait -f boats.yaml --for=jsonpath={.spec.crew}=3', 'wait -f nope.yaml --for=create', 'wait --for=create', 'wait -f boats.yaml --for=create --local',
    'wait boat/nope --for=condition=Afloat', 'wait boat/nope --for=condition=Afloat --timeout=0', 'wait boat/nope boat/ready --for=condition=Afloat', 'wait boat/ready boat/nope boat/no --for=condition=Afloat', 'wait boat/nope --for=delete', 'wait boat/nope --for=delete --timeout=0', 'wait boat/nope boat/ready --for=delete --timeout=0', 'wait boat/nope --for=create --timeout=0', 'wait boat/nope --for=create --timeout=1s', 'wait nope/x --for=create --timeout=1s', 'wait nope --all --for=condition=Afloat', 'wait boat/ready --for=delete --timeout=1s',
    'wait boat/ready --for=condition=Afloat --timeout=-1s', 'wait boat/ready --for=condition=Afloat --timeout=-1', 'wait boat/ready --for=condition=Afloat --timeout=5', 'wait boat/ready --for=condition=Afloat --timeout=x', 'wait boat/ready --for=condition=Afloat --timeout=1m30s', 'wait boat/ready --for=condition=Afloat --timeout=500ms', 'wait boat/bare --for=condition=Afloat --timeout=300ms', 'wait boat/ready --for=condition=Afloat --as=nobody',
    `${at} --for=condition=Afloat --for=condition=Moored=false`, `${at} --for=condition=Afloat --for=condition=Moored`, `${at} --for=condition=Moored --for=condition=Afloat`, `${at} --for=condition=Afloat --for=jsonpath={.spec.crew}=3 --for=create`, `${at} --for=create --for=delete`, `${at} --for=condition=Afloat --for=bad`, 'wait boat/ready', 'wait ready --for=condition=Afloat',
  ],
  async setUp(comparison) {
    comparison.files({ 'boats.yaml': boats });
    await comparison.prepare('apply -f -', definition);
    await comparison.prepare('wait crd/boats.example.com --for=condition=Established');
    await comparison.prepare('create -f boats.yaml');
  },
  more(comparisonOf) {
    const unready = ['delete boat later --ignore-not-found', 'get boats'];
    const made = { before: [...unready, 'create -f later.yaml'], meanwhile: 'patch boat later --type=merge -p \'{"status":{"conditions":[{"type":"Afloat","status":"True"}]}}\'' };
    for (const [title, how] of Object.entries({
      'a condition that comes': { ...made, line: 'wait boat/later --for=condition=Afloat' },
      'a value that comes': { ...made, line: 'wait boat/later --for=jsonpath={.status.conditions[0].status}=True' },
      'a field that comes': { ...made, line: 'wait boat/later --for=jsonpath={.status.conditions[0].type}' },
      'an object that comes': { before: unready, line: 'wait boat/later --for=create', meanwhile: 'create -f later.yaml' },
      'a week': { ...made, line: 'wait boat/later --for=condition=Afloat --timeout=-1s' },
    })) {
      test(title, async () => {
        comparisonOf().files({ 'later.yaml': boat('later', '{}', 'fleet: z') });
        await sameWait(comparisonOf(), title, how);
      });
    }
  },
});
