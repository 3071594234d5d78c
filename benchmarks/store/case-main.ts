/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareStoreCase } from './cases.ts';

serveCase(prepareStoreCase);
