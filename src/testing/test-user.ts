/** The user that faults spare unless they name it: the test's own. */
export const testUser = 'coxswain:test';
