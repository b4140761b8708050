import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { statefulSetDefinition } from './stateful-set.ts';

const container = { name: 'c', image: 'x:1' };
const base = { selector: { matchLabels: { app: 'a' } }, serviceName: 's', template: { metadata: { labels: { app: 'a' } }, spec: { containers: [container] } } };
const kind = kindOf(statefulSetDefinition, { spec: base });

const spec = (fields: Fields): Fields => ({ spec: { ...base, ...fields } });
const pods = (fields: Fields, metadata: Fields = {}): Fields => spec({ template: { metadata: { labels: { app: 'a' }, ...metadata }, spec: { containers: [container], ...fields } } });
const claim = (name: string, fields: Fields = {}): Fields => ({ metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...fields } });
const mounting = (...names: string[]): Fields => ({ template: { ...base.template, spec: { containers: [{ ...container, volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })) }], volumes: [{ name: 'own', emptyDir: {} }, { name: 'both', emptyDir: {} }] } } });

test('stateful sets: the template is checked as its pods will be', () => {
  const badLabel = 'spec.template.labels: Invalid value: "-": name part must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character (e.g. \'MyName\',  or \'my.name\',  or \'123-abc\', regex used for validation is \'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\')';
  const table: [string, Fields, string[]][] = [
    ['nothing', {}, []],
    ['containers', pods({ containers: [] }), ['spec.template.spec.containers: Required value']],
    ['names that the controller gives', pods({ hostname: 'A', subdomain: 'B' }), []],
    ['volumes of claims', spec({ ...mounting('data', 'own', 'both'), volumeClaimTemplates: [claim('data'), claim('both')] }), []],
    ['a volume that is nowhere', spec({ ...mounting('data', 'own'), volumeClaimTemplates: [claim('other')] }), ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"']],
    ['claims', spec({ volumeClaimTemplates: [claim('data'), claim('more', { accessModes: [], resources: {} })] }), ['spec.volumeClaimTemplates[1].spec.accessModes: Required value: at least 1 access mode is required', 'spec.volumeClaimTemplates[1].spec.resources[storage]: Required value']],
    ['the service', spec({ serviceName: 'a.b' }), ['spec.serviceName: Invalid value: "a.b": must not contain dots']],
    ['no service', spec({ serviceName: '' }), []],
    ['labels, twice', pods({}, { labels: { app: 'a', '-': '' } }), [badLabel, badLabel]],
    ['pods that end', pods({ restartPolicy: 'Never', activeDeadlineSeconds: 1 }), ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"', 'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported']],
  ];
  for (const [what, fields, expected] of table) assert.deepEqual(kind.errors(fields), expected, what);
});

test('stateful sets: what an update may change', () => {
  const fixed = "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  const bad = claim('data', { accessModes: [] });
  const table: [string, Fields, Fields, string[]][] = [
    ['what may change', {}, spec({ replicas: 3, ordinals: { start: 1 }, revisionHistoryLimit: 3, minReadySeconds: 1, updateStrategy: { type: 'OnDelete' }, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } }), []],
    ['claims', {}, spec({ volumeClaimTemplates: [claim('data')] }), [fixed]],
    ['claims and a service that were wrong', spec({ serviceName: 'a.b', volumeClaimTemplates: [bad] }), spec({ serviceName: 'a.b', volumeClaimTemplates: [bad], replicas: 2 }), []],
    ['a template that becomes wrong', {}, pods({ containers: [] }), ['spec.template.spec.containers: Required value']],
    ['a template that was wrong', pods({ containers: [] }), pods({ containers: [], dnsPolicy: 'x' }), []],
  ];
  for (const [what, before, after, expected] of table) assert.deepEqual(kind.update(before, after), expected, what);
});

test('stateful sets: several pods at a time are switched off', () => {
  const rolling = (fields: Fields): Fields => spec({ updateStrategy: { rollingUpdate: { partition: 1, ...fields }, type: 'RollingUpdate' } });
  assert.deepEqual(kind.make(rolling({ maxUnavailable: 2 })).spec?.updateStrategy?.rollingUpdate, { partition: 1 });
  assert.deepEqual(kind.updated({}, rolling({ maxUnavailable: 2 })).spec?.updateStrategy?.rollingUpdate, { partition: 1 });
});
