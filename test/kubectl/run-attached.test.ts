import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detachSequence, detachable } from '../../src/kubectl/streams/detach-keys.ts';
import { describeSame } from './compare.ts';

describeSame('kubectl run that attaches, beside upstream\'s', {
  name: 'run-attached',
  lines: [
    'run x --image=busybox --rm', 'run x --image=busybox -i --dry-run=client', 'run x --image=busybox --attach --dry-run=server', 'run x --image=busybox -t', 'run x --image=busybox -i --restart=Bad', 'run x --image=busybox --attach=false -i --dry-run=client -o yaml', 'run x --image=busybox --attach=false -it --leave-stdin-open --dry-run=client -o yaml', 'run x --image=busybox --attach --pod-running-timeout=0s', 'run x --image=busybox --restart= --dry-run=client -o name',
    'run x --image=busybox --dry-run=client -o yaml --overrides=\'{"spec":{"hostNetwork":true,"containers":[{"name":"x","image":"other"}]}}\'', 'run x --image=busybox --dry-run=client -o yaml --override-type=strategic --overrides=\'{"spec":{"containers":[{"name":"x","tty":true}]}}\'', 'run x --image=busybox --dry-run=client -o yaml --override-type=json --overrides=\'[{"op":"add","path":"/metadata/labels/a","value":"b"}]\'', 'run x --image=busybox --override-type=nope --overrides={}',
  ],
  sequences: {
    // The pod is through before anybody can attach: its log is shown.
    'a pod that ends well': ['run done --image=busybox --attach --restart=Never --annotations=coxswain.io/exit-after=0s --annotations=coxswain.io/log=done', 'get pod done -o name'],
    'a pod that fails': ['run failed --image=busybox --attach --restart=Never --rm --annotations=coxswain.io/exit-after=0s --annotations=coxswain.io/exit-code=3 --annotations=coxswain.io/log=failed', 'get pod failed --ignore-not-found -o name'],
    'a session that ends': ['run session --image=busybox -it --restart=Never --rm --expose --port=80 --annotations=coxswain.io/exit-after=3s --annotations=coxswain.io/log=hello', 'run quiet --image=busybox -i --restart=OnFailure --rm -q --annotations=coxswain.io/exit-after=3s --annotations=coxswain.io/log=hello', 'get pod session quiet --ignore-not-found -o name'],
    'time that is over': ['run slow --image=busybox --attach --rm --pod-running-timeout=1s --overrides=\'{"spec":{"nodeSelector":{"no":"where"}}}\''],
  },
});

test('the keys that leave a container are kept back, and what looks like them is typed', async () => {
  for (const [keys, typed, passed, left] of [['ctrl-p,ctrl-q', 'a\u0010\u0011b', 'a', true], ['ctrl-p,ctrl-q', 'a\u0010b\u0010\u0010c', 'a\u0010b\u0010\u0010c', false], ['', '\u0010\u0011', '', true], ['x', 'abxc', 'ab', true]] as const) {
    let detached = false;
    const through = detachable(detachSequence(keys), () => { detached = true; });
    for (const key of typed) through.write(key);
    through.end();
    let text = '';
    for await (const chunk of through) text += String(chunk);
    assert.deepEqual([text, detached], [passed, left]);
  }
  assert.throws(() => detachSequence('ctrl-p,nope'), /could not bind detach keys/);
});
