/** The size models by name: a further model is one file and one line here. */

import type { LognormalOptions } from './lognormal.ts';
import { lognormal } from './lognormal.ts';
import type { SizeModel } from './size-model.ts';

export type SizeModelOptions = LognormalOptions;

export const SIZE_MODELS: Readonly<Record<string, (options: SizeModelOptions) => SizeModel<unknown>>> = {
  lognormal,
};
