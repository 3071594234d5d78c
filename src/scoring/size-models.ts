/**
 * The size models by name: a further model is one file and one line here, or a module of somebody else that the
 * configuration names (docs/SCORING.md).
 */

import { lognormal } from './lognormal.ts';
import { pareto } from './pareto.ts';
import { quantile } from './quantile.ts';
import type { SizeModel, SizeModelOptions } from './size-model.ts';

export const SIZE_MODELS: Readonly<Record<string, (options: SizeModelOptions) => SizeModel<unknown>>> = {
  lognormal,
  quantile,
  pareto,
};
