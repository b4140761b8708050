import { text } from 'node:stream/consumers';
import { Announcer } from '../../src/cloud/providers/local/speaker/announcer.ts';
import { runChecked } from '../../src/cluster/run-checked.ts';

/** Announces addresses on the machine that it runs on, or takes everything back when there are none. */
const { wanted, own } = JSON.parse(await text(process.stdin)) as { wanted: string[]; own: string[] };
const announcer = new Announcer({ run: runChecked, ip: 'ip', nft: 'nft' });
if (wanted.length > 0) await announcer.apply(wanted, own);
else await announcer.clear();
