import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Comparison } from './compare.ts';
import { customObject, describedObjects } from './describe-objects.ts';

/** Lines whose output, errors and exit code are upstream's, byte for byte but for ages. */
const lines = [
  'describe pod full', 'describe pods -l app=web', 'describe deploy web', 'describe rs', 'describe svc kubernetes', 'describe svc web', 'describe node node-1', 'describe ns default', 'describe ns kube-system', 'describe cm settings', 'describe secret hidden', 'describe sts db', 'describe ds agent', 'describe job once',
  'describe cronjob nightly', 'describe pv disk', 'describe pv csi', 'describe pvc wanted', 'describe pvc', 'describe sc slow', 'describe ing site', 'describe ingressclass none', 'describe netpol rules', 'describe hpa web', 'describe pdb web', 'describe sa robot', 'describe role reader', 'describe rolebinding reader', 'describe clusterrole view', 'describe clusterrolebinding cluster-admin',
  'describe quota quota', 'describe limits limits', 'describe pc high', 'describe pc system-node-critical', 'describe endpoints kubernetes', 'describe endpoints web', 'describe endpointslice -l kubernetes.io/service-name=web', 'describe crd crontabs.example.com', 'describe ct mine', 'describe servicecidr', 'describe ipaddress 10.96.0.1', 'describe lease -n kube-node-lease node-1', 'describe csinode node-1', 'describe pod full --show-events=false', 'describe deploy/web svc/web',
  'describe', 'describe nope', 'describe pod nope', 'describe pod ful', 'describe pods -n kube-public', 'describe cm -n nope', 'describe pods -l app=none -A', 'describe pod/full svc/nope', 'describe -f object.yaml', 'describe priorityclasses', 'describe events', 'describe apiservices v1.apps', 'describe --nope', 'describe pod full -o yaml',
] as const;

describe('kubectl describe, beside upstream\'s', () => {
  let comparison: Comparison | { readonly missing: string };

  before(async () => {
    comparison = await Comparison.start();
    if ('missing' in comparison) return;
    await comparison.theirs('create deployment web --image=nginx --replicas=3');
    await comparison.theirs('apply -f -', describedObjects);
    await comparison.theirs('wait --for=condition=Established crd/crontabs.example.com');
    await comparison.theirs('apply -f -', customObject);
    await comparison.theirs('rollout status deployment web');
    await comparison.theirs('wait --for=condition=Ready pod/full --timeout=30s');
    writeFileSync(join(comparison.folder, 'object.yaml'), customObject);
  });
  after(async () => { if (!('missing' in comparison)) await comparison[Symbol.asyncDispose](); });

  for (const line of lines) {
    test(line, async (t) => {
      if ('missing' in comparison) return t.skip(comparison.missing);
      await comparison.same(line);
    });
  }
});
