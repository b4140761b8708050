#!/usr/bin/env node
// kubectl by itself, for whoever wants it on the path: link this file. It is no `bin` of the package, which would be in
// the way of a kubectl that is there already.
import { start } from './start.js';

await start('kubectl');
