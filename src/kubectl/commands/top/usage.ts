import { addQuantity, milliValue, value } from '../../../api/meta/quantity.ts';
import type { Call } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { selectorFlag } from '../../flags/common-flags.ts';
import { bool, text } from '../../flags/flags.ts';
import type { Session } from '../../session.ts';

/** What something uses, by the resource's name. */
export type Usage = Readonly<Record<string, string>>;

/** Flags of both `top node` and `top pod`. */
export const topFlags = (what: string) => ({
  ...selectorFlag,
  'no-headers': bool('If present, print output without headers'),
  'show-swap': bool(`Print ${what} resources related to swap memory.`),
  'sort-by': text(`If non-empty, sort ${what}s list using specified field. The field can be either 'cpu' or 'memory'.`),
  'use-protocol-buffers': bool('Enables using protocol-buffers to access Metrics API.', { initial: true }),
}) as const;

export type TopFlags = Call<ReturnType<typeof topFlags>>['flags'];

/** The resources that are shown, in their order. */
export const resourcesOf = ({ 'show-swap': swap }: Pick<TopFlags, 'show-swap'>): readonly string[] => ['cpu', 'memory', ...(swap ? ['swap'] : [])];

/** `250m` of processors, `64Mi` of memory. */
export const usageText = (resource: string, quantity: string): string => (resource === 'cpu' ? `${milliValue(quantity)}m` : `${Math.trunc(value(quantity) / 1_048_576)}Mi`);

/** What several use together. */
export const sumOf = (usages: readonly Usage[], resource: string): string => `${String(usages.reduce((sum, usage) => addQuantity(sum, usage[resource] ?? '0'), addQuantity('0', '0')).nanos)}n`;

/** Throws KubectlError for an order that there is not. */
export function checkOrder({ 'sort-by': by }: Pick<TopFlags, 'sort-by'>): void {
  if (by !== '' && by !== 'cpu' && by !== 'memory') throw new KubectlError('--sort-by accepts only cpu or memory');
}

/** The greatest first, or by name. */
export function inOrder<T>(all: readonly T[], { by, usageOf, compareNames }: { readonly by: string; readonly usageOf: (one: T) => Usage; readonly compareNames: (a: T, b: T) => number }): T[] {
  const amount = (one: T): number => (by === 'cpu' ? milliValue(usageOf(one)['cpu'] ?? '0') : value(usageOf(one)['memory'] ?? '0'));
  return [...all].sort(by === '' ? compareNames : (a, b) => amount(b) - amount(a));
}

export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Throws KubectlError for a selector that is none, and where nobody serves metrics. */
export async function requireMetrics(session: Session, { selector }: Pick<TopFlags, 'selector'>): Promise<void> {
  if (selector !== '') {
    const { parseLabelSelector } = await import('../../../api/meta/label-selector-parser.ts');
    try {
      parseLabelSelector(selector);
    } catch (error) {
      throw new KubectlError((error as Error).message, { cause: error });
    }
  }
  const { groups } = await (await session.mapper()).refresh();
  if (!groups.some(({ name, versions }) => name === 'metrics.k8s.io' && versions.includes('v1beta1'))) throw new KubectlError('Metrics API not available');
}

export const metricsPath = '/apis/metrics.k8s.io/v1beta1';
