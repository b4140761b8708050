/** Answers TCP and UDP on a port of all addresses with a name and who asks: `lab-server.ts NAME PORT`. Run inside a network namespace. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name = '', port = ''] = process.argv.slice(2);
const plain = (address = ''): string => address.replace(/^::ffff:/, '');
const tcp = createServer((socket) => socket.on('error', () => {}).end(`${name} ${plain(socket.remoteAddress)}`));
const udp = createSocket('udp6');
udp.on('message', (_, peer) => udp.send(`${name} ${plain(peer.address)}`, peer.port, peer.address));
tcp.listen(Number(port), () => udp.bind(Number(port), () => process.stdout.write('ready\n')));
