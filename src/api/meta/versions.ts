const kubeVersion = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const maturities = ['alpha', 'beta', undefined];

/**
 * Compares names of API versions as Kubernetes ranks them; positive when `a` is the better one: `v10`, `v2`, `v1`,
 * `v11beta2`, `v3beta1`, `v12alpha1`, and after them whatever is named otherwise, by letters.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = kubeVersion.exec(a);
  const right = kubeVersion.exec(b);
  if (left === null && right === null) return a < b ? 1 : -1;
  if (left === null) return -1;
  if (right === null) return 1;
  return maturities.indexOf(left[2]) - maturities.indexOf(right[2]) || Number(left[1]) - Number(right[1]) || Number(left[3] ?? 0) - Number(right[3] ?? 0);
}
