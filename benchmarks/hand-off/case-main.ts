/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareHandOffCase } from './cases.ts';

serveCase(prepareHandOffCase);
