import { describeSame } from './compare.ts';

/** Whose containers, and those of its copies that keep the annotations, say something and end. */
const pod = (name: string, seconds: number): string => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, annotations: {coxswain.io/exit-after: ${seconds}s, coxswain.io/log: hello}}
spec: {restartPolicy: Never, containers: [{name: a, image: busybox}]}
`;
const show = '-o jsonpath={.spec.containers[*].name}{.spec.containers[*].stdin}{.spec.containers[*].tty}{.spec.shareProcessNamespace}';

/* Not the same, and why: `debug -f FILE`, which ends upstream's program with a panic. */
describeSame('kubectl debug that attaches, beside upstream\'s', {
  name: 'debug-attached',
  lines: [],
  setUp(comparison) {
    comparison.files({ 'short.yaml': pod('short', 3), 'through.yaml': pod('through', 0) });
    return Promise.resolve();
  },
  sequences: {
    'a session with a copy that ends': ['apply -f short.yaml', 'debug short --copy-to=copy --image=busybox -c new --keep-annotations -it', `get pod copy ${show}`, 'debug short --copy-to=quiet --image=busybox -c new --keep-annotations -i -q', `get pod quiet ${show}`],
    'a copy that is through before anybody attaches': ['apply -f through.yaml', 'debug through --copy-to=copy --image=busybox -c new --keep-annotations --attach', 'debug through --copy-to=own --container=a --keep-annotations --attach -- sh', `get pod own ${show}`],
    'what would be attached to': ['run target --image=busybox', 'wait --for=condition=Ready pod/target', 'debug target --image=busybox -c two -i --attach=false -t', 'debug target --copy-to=named --image=busybox -c new -it --attach=false --share-processes', `get pod named ${show}`, 'get pod target -o jsonpath={.spec.ephemeralContainers}'],
  },
});
