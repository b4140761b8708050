import { test } from 'node:test';
import { describeSame } from './compare.ts';

/** Things that stay as they are, and are long known to have happened. */
const objects = `apiVersion: v1
kind: Namespace
metadata: {name: quiet}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: quiet, labels: {x: z}}
data: {k: v}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: quiet}
---
apiVersion: v1
kind: Event
metadata: {name: first, namespace: quiet}
involvedObject: {apiVersion: v1, kind: ConfigMap, name: a, namespace: quiet}
type: Normal
reason: Made
message: "it is there "
count: 3
firstTimestamp: 2020-01-01T00:00:00Z
lastTimestamp: 2020-02-01T00:00:00Z
source: {component: somebody}
---
apiVersion: v1
kind: Event
metadata: {name: second, namespace: quiet}
involvedObject: {apiVersion: v1, kind: ConfigMap, name: b, namespace: quiet}
type: Warning
reason: Odd
message: it is odd
firstTimestamp: 2020-03-01T00:00:00Z
lastTimestamp: 2020-03-01T00:00:00Z
---
apiVersion: v1
kind: Event
metadata: {name: third, namespace: quiet}
involvedObject: {apiVersion: apps/v1, kind: Deployment, name: a, namespace: quiet}
type: Normal
reason: Series
message: again
eventTime: 2020-04-01T00:00:00.000000Z
reportingComponent: example.com/c
reportingInstance: i
action: a
series: {count: 5, lastObservedTime: 2020-05-01T00:00:00.000000Z}
`;

/*
 * Not the same, and why: events as JSON, whose fields upstream's program writes in the order of Go's structs; events of one
 * second, whose order it leaves to chance; the time of a
 * request that is over, which it words by chance.
 */

/** A watch of what is quiet ends with the time of its request: long enough for a machine that has much to do. */
const over = '--request-timeout=3s';
const all = 'kube-root-ca.crt';

const watches = [
  ...['', '-o wide', '-o name', '-o yaml', '-o json', '-o jsonpath={.metadata.name},', '-o custom-columns=N:.metadata.name', '--no-headers', '-L x', '--show-labels', '--show-kind', '--output-watch-events', '--output-watch-events -o json', '--output-watch-events -o yaml', '--output-watch-events -o name', '--output-watch-events -o wide', '-l x=z', '--sort-by=.metadata.name', '-o go-template={{.metadata.name}}'].map((flags) => `get cm -n quiet -w ${flags} ${over}`.replaceAll(/ +/g, ' ')),
  ...['get cm a -n quiet -w', 'get cm/a -n quiet -w -o name', 'get cm a -n quiet -w --output-watch-events', 'get cm a -n quiet --watch-only', 'get cm -n quiet --watch-only', 'get cm -n quiet --watch-only -o name --output-watch-events', 'get cm -n quiet --field-selector=metadata.name=b -w', 'get cm -A -w --field-selector=metadata.name=b', 'get quotas -n quiet -w', 'get ns quiet -w'].map((line) => `${line} ${over}`),
  `events -n quiet -w ${over}`, `events -n quiet -w --types=Warning ${over}`, `events -n quiet -w --for cm/a -o name ${over}`, `events -A -w --for cm/b ${over}`, `events -n quiet -w --no-headers -o yaml --for cm/a ${over}`,
];
/** So many at once. */
const together = 9;

describeSame('kubectl get --watch and kubectl events, beside upstream\'s', {
  name: 'watch',
  lines: [
    'get cm,secrets -n quiet -w', 'get cm a b -n quiet -w', 'get cm nope -n quiet -w', 'get cm nope -n quiet -w --ignore-not-found', 'get nopes -w', 'get cm -w --raw=/x', `get cm ${all} -w -o bad`, 'get cm --output-watch-events', 'get cm a -n quiet -w -o jsonpath={.a',
    'events -n quiet', 'events -n quiet --no-headers', 'events -n quiet --types=Warning', 'events -n quiet --types=normal,WARNING', 'events -n quiet --types=Normal --types=Warning', 'events -n quiet --types=', 'events -n quiet --types=Bad', 'events -n quiet --for configmap/a', 'events -n quiet --for cm/b', 'events -n quiet --for deploy/a', 'events -n quiet --for deployments.apps/a', 'events -n quiet --for cm/a --types=Warning', 'events -n quiet --for cm/nope', 'events -n quiet --for a/b/c', 'events -n quiet --for cm', 'events -n quiet -o name', 'events -n quiet -o yaml', 'events -n quiet -o jsonpath={.items[*].reason}', 'events -n quiet -o wide', 'events -A --for cm/a', 'events -A --for cm/a --no-headers', 'events -A --for cm/nope', 'events -n quiet --chunk-size=1', 'events -n quiet --chunk-size=0', 'events -n quiet --nope',
    'logs -f -l app=web --max-log-requests=2', 'logs -f -l app=web --max-log-requests=0', 'logs -f deploy/web --all-pods --max-log-requests=1', 'logs deploy/web --all-pods', 'logs deploy/web --all-pods --prefix=false', 'logs -l app=web --all-pods --all-containers', 'logs -l app=none -f', 'logs -l app=web --tail=0', 'logs deploy/web --pod-running-timeout=0s', 'logs -f nope',
  ],
  async setUp(comparison) {
    await comparison.prepare('apply -f -', objects);
    await comparison.prepare('create deployment web --image=nginx --replicas=3');
    await comparison.prepare('rollout status deployment web');
    for (let tries = 0; tries < 1000 && (await comparison.ours('get cm kube-root-ca.crt -n quiet')).code !== 0; tries++) await new Promise((resolve) => { setImmediate(resolve); });
  },
  more(comparisonOf) {
    for (let at = 0; at < watches.length; at += together) {
      const some = watches.slice(at, at + together);
      test(`kubectl ${some.join('; kubectl ')}`, async () => { await Promise.all(some.map((line) => comparisonOf().same(line))); });
    }
  },
});
