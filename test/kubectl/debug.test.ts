import { describeSame } from './compare.ts';

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: two, labels: {app: two}, annotations: {note: x}}
spec:
  initContainers: [{name: init, image: busybox, command: ["true"]}]
  containers:
  - {name: a, image: busybox, command: [sleep, "3600"], args: [x], livenessProbe: {exec: {command: ["true"]}}, readinessProbe: {exec: {command: ["true"]}}, startupProbe: {exec: {command: ["true"]}}}
  - {name: b, image: busybox, command: [sleep, "3600"], securityContext: {runAsUser: 5, capabilities: {add: [CHOWN]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec: {securityContext: {runAsUser: 1000}, containers: [{name: a, image: busybox, command: [sleep, "3600"]}]}
`;

const show = '-o jsonpath={.metadata.labels}{.metadata.annotations.note}{.spec.containers}{.spec.initContainers[*].name}{.spec.ephemeralContainers}{.spec.shareProcessNamespace}{.spec.nodeName}';
const profiles = ['legacy', 'general', 'baseline', 'restricted', 'netadmin', 'sysadmin'];

describeSame('kubectl debug, beside upstream\'s', {
  name: 'debug',
  lines: [
    'debug', 'debug two', 'debug --image=busybox', 'debug two --image=Bad', 'debug two --image=busybox --profile=nope', 'debug two --image=busybox --replace', 'debug two --image=busybox --same-node', 'debug two --image=busybox --set-image=a=b', 'debug two --copy-to=x', 'debug two --copy-to=x -- sh',
    'debug two --attach', 'debug two --image=busybox -t', 'debug two --image=busybox --image-pull-policy=Bad', 'debug two --copy-to=x --set-image=a=Bad', 'debug two --copy-to=x --image=busybox --target=a', 'debug two --image=busybox --env=a', 'debug two --image=busybox --custom=nope.json', 'debug two --image=busybox --custom=named.json',
    'debug nope --image=busybox', 'debug cm/kube-root-ca.crt --image=busybox', 'debug node/nope --image=busybox', 'debug deploy/nope --image=busybox', 'debug two --image=busybox -c a', 'debug two --nope', 'debug nope/nope --image=busybox',
  ],
  sequences: {
    'an ephemeral container': ['apply -f pods.yaml', 'wait --for=condition=Ready pod/two', 'debug two --image=busybox', 'debug two --image=busybox -q -c quiet', 'debug two --image=busybox -c dbg --target=a -i --attach=false --env=A=1 --image-pull-policy=Always -- sh -c x', 'debug two --image=busybox -c argued --arguments-only -- sh -c x', 'debug pod/two --image=busybox -c custom --custom=custom.json', 'debug user --image=busybox -c dbg', 'debug user --image=busybox -c custom --custom=root.yaml', `get pod two ${show}`, `get pod user ${show}`],
    'profiles of ephemeral containers': ['apply -f pods.yaml', ...profiles.map((profile) => `debug two --image=busybox -c ${profile} --profile=${profile}`), `get pod two ${show}`],
    'copies': ['apply -f pods.yaml', 'wait --for=condition=Ready pod/two', 'debug two --copy-to=images --set-image=*=new,b=other', `get pod images ${show}`, 'debug two --copy-to=again --image=busybox --share-processes=false --same-node --keep-labels --keep-annotations --keep-liveness --keep-readiness --keep-startup --keep-init-containers=false', `get pod again ${show}`, 'debug two --copy-to=named --container=a --image=other -- sh -c y', `get pod named ${show}`, 'debug two --copy-to=argued --container=a --arguments-only -- sh -c y', `get pod argued ${show}`, 'debug two --copy-to=named --image=busybox -c new', 'debug two --copy-to=custom --image=busybox -c new --custom=custom.json --env=A=1', `get pod custom ${show}`, 'debug user --copy-to=user-copy --image=busybox -c new', 'debug two --copy-to=instead --image=busybox -c new --replace', 'get pods two --ignore-not-found -o name'],
    'profiles of copies': ['apply -f pods.yaml', ...profiles.flatMap((profile) => [`debug two --copy-to=${profile} --image=busybox -c new --profile=${profile}`, `get pod ${profile} ${show}`, `debug two --copy-to=${profile}-b -c b --image=busybox --profile=${profile}`, `get pod ${profile}-b ${show}`])],
    'nodes': [...profiles.flatMap((profile) => [`debug node/node-1 --image=busybox --profile=${profile} -- sleep 3600`, 'get pods -o jsonpath={.items[*].metadata.labels}{.items[*].spec.containers}{.items[*].spec.hostNetwork}{.items[*].spec.hostPID}{.items[*].spec.hostIPC}{.items[*].spec.nodeName}{.items[*].spec.tolerations}{.items[*].spec.volumes[*].hostPath}', 'delete pods --all --force --grace-period=0 -o name']), 'debug node/node-1 --image=busybox -q -c own --custom=custom.json'],
  },
  setUp(comparison) {
    comparison.files({ 'pods.yaml': pods, 'named.json': '{"name":"x"}', 'custom.json': '{"env":[{"name":"B","value":"2"}],"resources":{"limits":{"cpu":"1"}},"volumeMounts":[],"imagePullPolicy":"Never"}', 'root.yaml': 'securityContext: {runAsUser: 0}\n' });
    return comparison.prepare('apply -f pods.yaml');
  },
});
