import type { IngressBackend, IngressTLS } from '../../../api/types/networking/v1.ts';
import { KubectlError } from '../../errors.ts';
import { array, text } from '../../flags/flags.ts';
import { intOrStringOf } from '../../writes/int-or-string.ts';
import { generatedCommand } from './generated.ts';

/** `host/path=service:port[,tls[=secret]]`; what follows is not looked at, as upstream. */
const ruleGrammar = /^[\w*\-.]*\/.*=[\w-]+:[\w-]+/;

function backendOf(text: string): IngressBackend {
  const [name = '', word = ''] = text.split(':');
  const port = intOrStringOf(word);
  return { service: { name, port: typeof port === 'number' ? { number: port } : { name: port } } };
}

interface Path { readonly path: string; readonly pathType: string; readonly backend: IngressBackend }

function pathOf(rule: string): { readonly host: string; readonly path: Path } {
  const [withoutTls = ''] = rule.split(',');
  const slash = withoutTls.indexOf('/');
  const [path = '', service = ''] = withoutTls.slice(slash).split('=');
  const prefix = path.endsWith('*');
  return { host: withoutTls.slice(0, slash), path: { backend: backendOf(service), path: prefix ? path.slice(0, -1) : path, pathType: prefix ? 'Prefix' : 'Exact' } };
}

function rulesOf(rules: readonly string[]): object[] {
  const byHost = new Map<string, Path[]>();
  for (const rule of rules) {
    const { host, path } = pathOf(rule);
    byHost.set(host, [...(byHost.get(host) ?? []), path]);
  }
  return [...byHost].map(([host, paths]) => ({ ...(host !== '' && { host }), http: { paths } }));
}

/** Hosts by the secret with their certificate; a host is taken up once. */
function tlsOf(rules: readonly string[]): IngressTLS[] {
  const found: { hosts?: string[]; secretName?: string }[] = [];
  const seen = new Set<string>();
  for (const rule of rules) {
    const [target = '', tls, ...rest] = rule.split(',');
    const host = target.split('/')[0]!;
    if (tls === undefined || rest.length > 0 || seen.has(host)) continue;
    seen.add(host);
    const secret = tls.split('=')[1] ?? '';
    const other = found.find(({ secretName = '' }) => secretName === secret);
    if (other !== undefined) other.hosts = [...(other.hosts ?? []), host];
    else if (host !== '' || secret !== '') found.push({ ...(host !== '' && { hosts: [host] }), ...(secret !== '' && { secretName: secret }) });
  }
  return found;
}

export default generatedCommand({
  usage: 'ingress NAME --rule=host/path=service:port[,tls[=secret]]',
  aliases: ['ing'],
  failure: 'failed to create ingress: ',
  description: 'Create an ingress with the specified name.\n\n A path with * at its end matches all that begin so.',
  examples: `
    # Create a single ingress called 'simple' that directs requests to foo.com/bar to svc1:8080 with a TLS secret "my-cert"
    kubectl create ingress simple --rule="foo.com/bar=svc1:8080,tls=my-cert"

    # Create an ingress with the same host and multiple paths
    kubectl create ingress multipath --class=default --rule="foo.com/=svc:port" --rule="foo.com/admin*=svcadmin:portadmin"

    # Create an ingress with a default backend
    kubectl create ingress ingdefault --default-backend=defaultsvc:http --rule="foo.com/*=svc:8080,tls=secret1"`,
  flags: {
    'annotation': array('Annotation to insert in the ingress object, in the format annotation=value'),
    'class': text('Ingress Class to be used'),
    'default-backend': text('Default service for backend, in format of svcname:port'),
    'rule': array('Rule in format host/path=service:port[,tls=secretname]. Paths containing the leading character \'*\' are considered pathType=Prefix. tls argument is optional.'),
  },
  check({ flags: { rule: rules, annotation: annotations, 'default-backend': backend } }) {
    if (backend === '' && rules.length === 0) throw new KubectlError('not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)');
    const wrong = rules.find((rule) => !ruleGrammar.test(rule));
    if (wrong !== undefined) throw new KubectlError(`rule ${wrong} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
    const bare = annotations.find((annotation) => !annotation.includes('='));
    if (bare !== undefined) throw new KubectlError(`annotation ${bare} is invalid and should be in format key=[value]`);
    if (backend !== '' && backend.split(':').length !== 2) throw new KubectlError('default-backend should be in format servicename:serviceport');
  },
  make({ flags: { rule, annotation, class: className, 'default-backend': backend } }, name) {
    const annotations = Object.fromEntries(annotation.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
    const [rules, tls] = [rulesOf(rule), tlsOf(rule)];
    return {
      apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, ...(annotation.length > 0 && { annotations }) },
      spec: { ...(className !== '' && { ingressClassName: className }), ...(backend !== '' && { defaultBackend: backendOf(backend) }), ...(rules.length > 0 && { rules }), ...(tls.length > 0 && { tls }) },
      status: { loadBalancer: {} },
    };
  },
});
