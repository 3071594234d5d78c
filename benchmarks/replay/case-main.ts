/** Process of one case of the benchmark. */

import { enableCompileCache } from 'node:module';

import { serveCase } from '../harness/serve-case.ts';
import { prepareReplayCase } from './cases.ts';

// As the program's launcher does.
enableCompileCache();
serveCase(prepareReplayCase);
