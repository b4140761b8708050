import type { Gauge } from './registry.ts';

/** How often somebody could be found to ask, and was let through. Counting is all that happens while a request is served. */
export class AccessCounts {
  authenticated = 0;
  unauthenticated = 0;
  allowed = 0;
  denied = 0;
  undecided = 0;

  get families(): Gauge[] {
    return [
      { name: 'authenticated_user_requests', type: 'counter', help: '[ALPHA] Counter of authenticated requests broken out by username.', read: () => [[{ username: 'other' }, this.authenticated]] },
      { name: 'authentication_attempts', type: 'counter', help: '[ALPHA] Counter of authenticated attempts.', read: () => [[{ result: 'success' }, this.authenticated], [{ result: 'failure' }, this.unauthenticated]] },
      { name: 'authorization_attempts_total', type: 'counter', help: '[ALPHA] Counter of authorization attempts broken down by result. It can be either \'allowed\', \'denied\', \'no-opinion\' or \'error\'.', read: () => [[{ result: 'allowed' }, this.allowed], [{ result: 'denied' }, this.denied], [{ result: 'error' }, this.undecided]] },
    ];
  }
}
