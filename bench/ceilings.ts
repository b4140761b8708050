/**
 * What part of the machine a figure uses. Machines, and the hours of one, differ by a factor of three: a rate beside what
 * a bare HTTPS server does in the same minutes says more than the rate alone, and so do goals beside the ceilings of the
 * machine that they were set on.
 */
import type { FigureName, Reference } from './reference.ts';
import { reference } from './reference.ts';
import type { Figure } from './table.ts';
import { written } from './table.ts';

type Ceiling = 'get' | 'answer' | 'post';

/** Requests a second, and for answers bytes a second, of a bare server on the machine where the goals were set. */
const whereGoalsWereSet: Readonly<Record<Ceiling, number>> = { get: 53_000, answer: 2370 * 940_000, post: 37_000 };

const ceilingNames: Readonly<Record<Ceiling, FigureName>> = {
  get: 'ceiling: small GETs of a bare HTTPS server',
  answer: 'ceiling: 0.94 MB answers of a bare HTTPS server',
  post: 'ceiling: POSTs of JSON parsed and written back',
};

const longAnswer: FigureName = 'ceiling: 35 MB answers of a bare HTTPS server';

/** Upstream's 500 pods and 17,700 pods, in bytes: goals for lists are goals for bytes. */
const goalBytes: Partial<Record<FigureName, number>> = { 'list 500 Pods, 4 connections': 940_000, 'list 17,700 Pods, resourceVersion=0': 34_000_000, 'list 17,700 Pods, consistent': 34_000_000 };

function ceilingOf(name: FigureName): Ceiling | undefined {
  if (name.startsWith('get ')) return 'get';
  if (name.startsWith('create ')) return 'post';
  return name.startsWith('list ') ? 'answer' : undefined;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Times and rates that miss their goal with what they would be where the goals were set, had that machine been faster in everything by as much as a bare server is on it. */
function inProportion(figure: Figure, unit: Reference['unit'], speed: number): Figure {
  const { goal = 0 }: Reference = reference[figure.name];
  if (unit === 'ms' ? figure.value <= goal : unit !== '/s' || figure.value >= goal) return figure;
  const there = written(unit === 'ms' ? figure.value * speed : figure.value / speed, unit);
  return { ...figure, note: `in proportion ${there}: the machine had ${percent(speed)} of the speed where goals were set${figure.note === undefined ? '' : `; ${figure.note}`}` };
}

/** The figures with their part of the ceiling in the note, where one was measured. Several measurements of a ceiling are averaged. */
export function withShares(figures: readonly Figure[]): Figure[] {
  const measured = (ceiling: Ceiling): number | undefined => {
    const values = figures.filter(({ name }) => name === ceilingNames[ceiling]).map(({ value }) => value * (ceiling === 'answer' ? 940_000 : 1));
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  // The nearer to our own speed of the two: it flatters less.
  const speed = Math.max(...(['get', 'post'] as const).map((each) => (measured(each) ?? 0) / whereGoalsWereSet[each]));
  return figures.map((figure) => {
    const { name, value, bytesPerSecond } = figure;
    const ceiling = ceilingOf(name);
    const { goal, unit }: Reference = reference[name];
    if (ceiling === undefined) return speed === 0 || goal === undefined ? figure : inProportion(figure, unit, speed);
    const whole = measured(ceiling);
    if (whole === undefined) return figure;
    const wanted = goal === undefined ? '' : ` (goal ${percent((goal * (goalBytes[name] ?? 1)) / whereGoalsWereSet[ceiling])})`;
    const share = (ceiling === 'answer' ? bytesPerSecond ?? 0 : value) / whole;
    // What is longer than the processor's cache is slow for everybody: such lists stand beside a long answer as well.
    const long = name.startsWith('list 17,700') ? figures.find((other) => other.name === longAnswer)?.value : undefined;
    const besideLong = long === undefined ? '' : `, ${percent((bytesPerSecond ?? 0) / (long * 35_000_000))} of a bare server's bytes in 35 MB answers`;
    return { ...figure, note: `${percent(share)} of the ceiling${wanted}${besideLong}; ${figure.note ?? ''}` };
  });
}
