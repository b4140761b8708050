import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFieldSelector } from '../meta/fields.ts';
import { builtinSchema } from '../schema/table.ts';
import { convertFieldLabels } from './field-labels.ts';
import { definitionFor } from './registry.ts';

/** What becomes of a selector: its text, or the refusal. */
const table: [group: string, version: string, resource: string, selector: string, expected: string][] = [
  ['', 'v1', 'pods', 'spec.nodeName=a,status.phase!=Failed', 'spec.nodeName=a,status.phase!=Failed'],
  ['', 'v1', 'pods', 'spec.host=a', 'spec.nodeName=a'],
  ['', 'v1', 'pods', 'status.podIPs=1.2.3.4', 'status.podIPs=1.2.3.4'],
  ['', 'v1', 'pods', 'metadata.namespace=a', 'metadata.namespace=a'],
  ['', 'v1', 'pods', 'spec.containers=a', 'field label not supported: spec.containers'],
  ['', 'v1', 'nodes', 'metadata.namespace=a', 'field label not supported: metadata.namespace'],
  ['', 'v1', 'namespaces', 'name=a', 'field label not supported: name'],
  ['', 'v1', 'persistentvolumes', 'name=a', '"name" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['', 'v1', 'configmaps', 'data=a', '"data" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['', 'v1', 'events', 'involvedObject.kind=Pod', 'involvedObject.kind=Pod'],
  ['', 'v1', 'events', 'regarding.kind=Pod', 'field label not supported: regarding.kind'],
  ['events.k8s.io', 'v1', 'events', 'regarding.kind=Pod', 'regarding.kind=Pod'],
  ['batch', 'v1', 'jobs', 'status.failed=1', 'field label "status.failed" not supported for batchv1.Job'],
  ['resource.k8s.io', 'v1', 'resourceslices', 'metadata.namespace=1', 'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: metadata.namespace'],
  ['certificates.k8s.io', 'v1', 'certificatesigningrequests', 'spec.signerName=x', 'spec.signerName=x'],
];

for (const [group, version, resource, selector, expected] of table) {
  test(`${resource}.${group}: ${selector}`, () => {
    const schema = builtinSchema.resource(group, version, resource)!;
    const offered = Object.keys(definitionFor(schema).selectableFields?.({ metadata: {} }) ?? {});
    let outcome: string;
    try {
      outcome = convertFieldLabels(parseFieldSelector(selector), schema, offered).toString();
    } catch (error) {
      outcome = (error as Error).message;
    }
    assert.equal(outcome, expected);
  });
}
