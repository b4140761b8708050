import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, SecurityContext } from '../../api/types/core/v1.ts';
import type { ImageUser } from './security-context.ts';
import { containerSecurityContext } from './security-context.ts';

const where = '(pod: "web_default(u)", container: c)';
const cases: readonly { readonly name: string; readonly image: ImageUser; readonly own?: SecurityContext; readonly refusal?: string }[] = [
  { name: 'an image that names no user runs as root', image: { uid: undefined, username: '' }, refusal: `container has runAsNonRoot and image will run as root ${where}` },
  { name: 'an image of root', image: { uid: 0, username: '' }, refusal: `container has runAsNonRoot and image will run as root ${where}` },
  { name: 'an image whose user is a name', image: { uid: undefined, username: 'www' }, refusal: `container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root ${where}` },
  { name: 'an image of a number', image: { uid: 101, username: '' } },
  { name: 'runAsUser decides before the image', image: { uid: 0, username: '' }, own: { runAsUser: 1000 } },
  { name: 'runAsUser is root', image: { uid: 101, username: '' }, own: { runAsUser: 0 }, refusal: `container's runAsUser breaks non-root policy ${where}` },
];

for (const { name, image, own, refusal } of cases) {
  test(`runAsNonRoot: ${name}`, () => {
    const container = { name: 'c', image: 'nginx', securityContext: { runAsNonRoot: true, ...own } };
    const pod: Pod = { metadata: { name: 'web', namespace: 'default', uid: 'u' }, spec: { containers: [container] } };
    const build = (): unknown => containerSecurityContext(pod, container, image, { rootDir: '/var/lib/kubelet', seccompDefault: false });
    if (refusal === undefined) build();
    else assert.throws(build, { message: refusal });
  });
}

test('containers that name no profile of system calls get the runtime\'s where that is the node\'s default', () => {
  const profileOf = (securityContext: object, seccompDefault: boolean): string => containerSecurityContext({ metadata: {}, spec: { containers: [] } }, { name: 'c', securityContext }, { uid: 0, username: '' }, { rootDir: '/', seccompDefault }).seccomp.type;
  assert.deepEqual([profileOf({}, true), profileOf({}, false), profileOf({ privileged: true }, true), profileOf({ seccompProfile: { type: 'Unconfined' } }, true)], ['RuntimeDefault', 'Unconfined', 'Unconfined', 'Unconfined']);
});
