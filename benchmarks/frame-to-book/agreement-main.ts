/** Process that compares the product's books with a peer's. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareAgreement } from './agreement.ts';

serveCase(prepareAgreement);
