import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proxyFor, proxyOfCluster } from './proxy.ts';

const proxy = 'http://proxy.example:3128/';
const cases: [what: string, server: string, exceptions: string, proxied: boolean][] = [
  ['any server', 'https://k8s.example:6443', '', true],
  ['this machine by name', 'https://localhost:6443', '', false],
  ['this machine by address', 'https://127.0.0.5:6443', '', false],
  ['this machine by its other address', 'https://[::1]:6443', '', false],
  ['a name of the exceptions', 'https://k8s.example:6443', 'other, k8s.example', false],
  ['a name below one', 'https://api.k8s.example', 'k8s.example', false],
  ['a name below one with a dot', 'https://api.k8s.example', '.k8s.example', false],
  ['the name itself where only those below are meant', 'https://k8s.example', '.k8s.example', true],
  ['a name that ends alike', 'https://mk8s.example', 'k8s.example', true],
  ['a name with another port', 'https://k8s.example:6443', 'k8s.example:443', true],
  ['a name with its port', 'https://k8s.example:6443', 'k8s.example:6443', false],
  ['a port that is the scheme\'s', 'https://k8s.example', 'k8s.example:443', false],
  ['an address of a range', 'https://10.1.2.3:6443', '10.0.0.0/8', false],
  ['an address beyond it', 'https://11.1.2.3:6443', '10.0.0.0/8', true],
  ['an address of the other family', 'https://[2001:db8::7]:6443', '10.0.0.0/8,2001:db8::/32', false],
  ['one address', 'https://[2001:db8::7]:6443', '2001:db8::7', false],
  ['everything', 'https://k8s.example', '*', false],
];

describe('the proxy of the environment', () => {
  for (const [what, server, exceptions, proxied] of cases) {
    it(`${proxied ? 'serves' : 'is not asked for'} ${what}`, () => assert.equal(proxyFor(new URL(server), undefined, { HTTPS_PROXY: proxy, no_proxy: exceptions })?.href, proxied ? proxy : undefined));
  }

  it('is that of the scheme', () => {
    assert.equal(proxyFor(new URL('http://k8s.example'), undefined, { HTTPS_PROXY: proxy }), undefined);
    assert.equal(proxyFor(new URL('http://k8s.example'), undefined, { http_proxy: 'proxy.example:80' })?.href, 'http://proxy.example/');
  });
});

describe('the proxy of a cluster', () => {
  it('counts more than the environment, and for this machine too', () => {
    assert.equal(proxyFor(new URL('https://127.0.0.1:6443'), new URL('socks5://mine.example:1080'), { HTTPS_PROXY: proxy, NO_PROXY: '*' })?.href, 'socks5://mine.example:1080');
  });

  it('is refused where it is none', () => {
    assert.throws(() => proxyOfCluster('ftp://mine.example', 'c'), { message: `invalid 'proxy-url' "ftp://mine.example" for cluster "c": unsupported scheme "ftp", must be http, https, or socks5` });
    assert.throws(() => proxyOfCluster('mine example', 'c'), /could not parse/);
  });
});
