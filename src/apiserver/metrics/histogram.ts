export { exponentialBounds, Histogram, labelled } from '../../base/metrics.ts';
