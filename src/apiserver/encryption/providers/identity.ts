import type { Provider } from '../transformer.ts';

/** Leaves values as they are. First in the list: nothing is sealed any more, and what is sealed still opens. */
export const identity: Provider = {
  prefix: '',
  current: 'identity',
  seal: (plain) => plain,
  open: (stored) => ({ plain: stored, sealedBy: 'identity' }),
};
