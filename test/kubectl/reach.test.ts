import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Comparison } from './compare.ts';
import { describeSame } from './compare.ts';

const pod = (name: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: a, image: nginx}]}\n`;
const json = { 'content-type': 'application/json' };
const unauthorized = JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });

/** What is said to whatever is asked below a path. */
const answers: Readonly<Record<string, readonly [code: number, headers: Record<string, string>, body: string]>> = {
  401: [401, json, unauthorized], '401text': [401, {}, 'no\n'], '403text': [403, {}, 'not you\n'], '404text': [404, {}, 'no such page'], '405text': [405, {}, 'no'], '409text': [409, {}, 'no'], '429text': [429, {}, 'slowly'], '500text': [500, {}, 'oops\n'], '503text': [503, {}, ''], '504text': [504, {}, 'late'], '502html': [502, { 'content-type': 'text/html' }, '<html>Bad Gateway</html>'],
  page: [200, { 'content-type': 'text/html' }, '<html>please log in</html>'],
  'pod.yaml': [200, {}, pod('fetched')], 'two.yaml': [200, {}, `${pod('fetched')}---\n${pod('other')}`], 'moved.yaml': [302, { location: '/pod.yaml' }, ''], 'empty.yaml': [200, {}, ''], 'text.yaml': [200, {}, 'just text\n'],
};

function serve(): Server {
  return createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('/')[1]!.split('?')[0]!];
    // Nobody answers, or hangs up.
    if (answer === undefined) {
      if (request.url?.startsWith('/hangup') === true) request.socket.destroy();
      return;
    }
    response.writeHead(answer[0], answer[1]).end(answer[2]);
  });
}

/*
 * Not the same, and why: a time that is over, which upstream words by chance; answers that are no JSON, which are shown
 * instead of the place where Go's parser gives up; a connection that is hung up, which upstream's discovery tries again
 * until its time is over; credentials that are over, which `apply` of upstream's tells of the schema that it wanted.
 */
describeSame('servers that do not answer as they should, and files that servers have, beside upstream\'s', {
  name: 'reach',
  lines: [],
  setUp(comparison) {
    comparison.files({ 'local.yaml': pod('local') });
    return Promise.resolve();
  },
  more(comparisonOf) {
    let server: Server | undefined;
    before(async () => {
      server = serve().listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after(() => {
      server?.closeAllConnections();
      server?.close();
    });
    const at = (path: string): string => `http://127.0.0.1:${(server!.address() as AddressInfo).port}/${path}`;
    for (const answer of ['401', '401text', '403text', '404text', '500text', '503text', '504text', '502html', '405text', '409text']) {
      for (const line of ['get pods', 'get --raw=/x', 'api-versions']) {
        test(`kubectl ${line}, answered ${answer}`, () => comparisonOf().same(`${line} --server=${at(answer)}`, { key: `${line} answered ${answer}` }));
      }
    }
    test('kubectl get --raw, where a page is shown and where nobody listens any more', async () => {
      await comparisonOf().same(`get --raw=/x --server=${at('page')}`, { key: 'get --raw answered page' });
      await comparisonOf().same(`get --raw=/x --server=${at('hangup')}`, { key: 'get --raw answered hangup' });
    });
    for (const line of ['create -f URL/pod.yaml --dry-run=client', 'apply -f URL/two.yaml --dry-run=client -o name', 'create -f URL/moved.yaml --dry-run=server', 'get -f URL/pod.yaml', 'delete -f URL/pod.yaml --ignore-not-found', 'create -f URL/empty.yaml', 'create -f URL/404text', 'create -f URL/403text', 'create -f URL/pod.yaml -f local.yaml --dry-run=client', 'diff -f URL/404text', 'label -f URL/pod.yaml a=b --local -o name', 'create -R -f URL/pod.yaml --dry-run=client']) {
      test(`kubectl ${line}`, () => comparisonOf().same(line.replaceAll('URL/', at('')), { key: line }));
    }
    test('a server that takes its time is left after the time that a request may take', async () => {
      const { code, stderr } = await comparisonOf().ours(`get pods --server=${at('slow')} --request-timeout=200ms`);
      assert.deepEqual([code, stderr], [1, 'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)\n']);
    });
    for (const line of ['get pods', 'auth whoami', 'get --raw=/version', 'logs x', 'cluster-info', 'delete pod x', 'api-resources']) {
      test(`kubectl ${line}, with credentials that are over`, async () => {
        const comparison = comparisonOf();
        await withUser(comparison, { token: 'over' });
        await comparison.same(`${line} --kubeconfig=as-user`, { key: `${line} with credentials that are over` });
      });
    }
    test('a token is not told to whoever listens on the way', async () => {
      const comparison = comparisonOf();
      const seen: (string | undefined)[] = [];
      const plain = createServer((request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(200, json).end('{}');
      }).listen(0, '127.0.0.1');
      await once(plain, 'listening');
      await comparison.sameOutcome('a token over http', async (run) => {
        seen.length = 0;
        const outcome = await run(`get --raw=/x --token=secret --server=http://127.0.0.1:${(plain.address() as AddressInfo).port}`);
        return { ...outcome, stdout: `${outcome.stdout}${JSON.stringify(seen)}` };
      });
      plain.close();
    });
  },
});

/** Writes `as-user`, a kubeconfig for the cluster as somebody else. */
async function withUser(comparison: Comparison, user: object): Promise<void> {
  const config = JSON.parse((await comparison.ours('config view --raw --flatten -o json')).stdout) as { users: { user: object }[] };
  config.users[0]!.user = user;
  comparison.files({ 'as-user': JSON.stringify(config) });
}
