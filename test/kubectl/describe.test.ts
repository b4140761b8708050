import { describeSame } from './compare.ts';
import { customObject, describedObjects } from './describe-objects.ts';

/** Lines whose output, errors and exit code are upstream's, byte for byte but for ages. */
const lines = [
  'describe pod full', 'describe pods -l app=web', 'describe deploy web', 'describe rs', 'describe svc kubernetes', 'describe svc web', 'describe node node-1', 'describe ns default', 'describe ns kube-system', 'describe cm settings', 'describe secret hidden', 'describe sts db', 'describe ds agent', 'describe job once',
  'describe cronjob nightly', 'describe pv disk', 'describe pv csi', 'describe pvc wanted', 'describe pvc', 'describe sc slow', 'describe ing site', 'describe ingressclass none', 'describe netpol rules', 'describe hpa web', 'describe pdb web', 'describe sa robot', 'describe role reader', 'describe rolebinding reader', 'describe clusterrole view', 'describe clusterrolebinding cluster-admin',
  'describe quota quota', 'describe limits limits', 'describe pc high', 'describe pc system-node-critical', 'describe endpoints kubernetes', 'describe endpoints web', 'describe endpointslice -l kubernetes.io/service-name=web', 'describe crd crontabs.example.com', 'describe ct mine', 'describe servicecidr', 'describe ipaddress 10.96.0.1', 'describe lease -n kube-node-lease node-1', 'describe csinode node-1', 'describe pod full --show-events=false', 'describe deploy/web svc/web',
  'describe', 'describe nope', 'describe pod nope', 'describe pod ful', 'describe pods -n kube-public', 'describe cm -n nope', 'describe pods -l app=none -A', 'describe pod/full svc/nope', 'describe -f object.yaml', 'describe priorityclasses', 'describe apiservices v1.apps', 'describe --nope', 'describe pod full -o yaml',
] as const;

describeSame('kubectl describe, beside upstream\'s', {
  name: 'describe',
  lines,
  setUp: async (comparison) => {
    await comparison.prepare('create deployment web --image=nginx --replicas=3');
    await comparison.prepare('apply -f -', describedObjects);
    await comparison.prepare('wait --for=condition=Established crd/crontabs.example.com');
    await comparison.prepare('apply -f -', customObject);
    await comparison.prepare('rollout status deployment web');
    await comparison.prepare('wait --for=condition=Ready pod/full --timeout=30s');
    await comparison.prepare('wait --for=condition=AbleToScale hpa/web --timeout=30s');
    comparison.files({ 'object.yaml': customObject });
  },
});
