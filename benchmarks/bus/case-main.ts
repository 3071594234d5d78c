/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareBusCase } from './cases.ts';

serveCase(prepareBusCase);
