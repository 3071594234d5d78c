/**
 * Which size model scores which pair: one for all, others for an exchange or a pair, built in or from modules that the
 * configuration names. A module exports a function `sizeModel` that makes a model of its options.
 */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../lib/app-error.ts';
import type { SizeModel, SizeModelOptions } from '../scoring/size-model.ts';
import { SIZE_MODELS } from '../scoring/size-models.ts';

export interface SizeModelChoice extends SizeModelOptions {
  /** The model of all that have none of their own. */
  readonly name: string;
  /** `exchange=model` or `exchange:BASE-QUOTE=model`; the pair's own wins. */
  readonly overrides?: readonly string[];
  /** Paths of modules, relative to the working directory. */
  readonly files?: readonly string[];
}

export type ModelOf = (exchange: string, symbol: string) => SizeModel<unknown>;

type Makers = Map<string, (options: SizeModelOptions) => SizeModel<unknown>>;

/**
 * Loads the modules and finds every model that is named.
 * @throws AppError `scoring.bad-model` for a module that cannot be used, `scoring.unknown-model`
 */
export async function chooseSizeModels(choice: SizeModelChoice): Promise<ModelOf> {
  const { name, overrides = [], files = [], halfLifeS, minOrders } = choice;
  const options: SizeModelOptions = { halfLifeS, minOrders };
  const makers: Makers = new Map(Object.entries(SIZE_MODELS));
  for (const file of files) await addFrom(file, makers, options);
  const make = (wanted: string): SizeModel<unknown> => {
    const maker = makers.get(wanted);
    if (maker !== undefined) return maker(options);
    throw new AppError('scoring.unknown-model', `no size model is called ${wanted}`, {
      remedy: `Name one of ${[...makers.keys()].join(', ')}, or a module that has it in scoring.modelFiles.`,
    });
  };
  const general = make(name);
  const special = new Map(
    overrides.map((override) => {
      const [place = '', wanted = ''] = override.split('=');
      return [place, make(wanted)];
    }),
  );
  return (exchange, symbol) => special.get(`${exchange}:${symbol}`) ?? special.get(exchange) ?? general;
}

async function addFrom(file: string, makers: Makers, options: SizeModelOptions): Promise<void> {
  const path = resolve(file);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw bad(path, `cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const { sizeModel } = module;
  if (typeof sizeModel !== 'function') throw bad(path, 'exports no function sizeModel');
  const maker = sizeModel as (options: SizeModelOptions) => unknown;
  const name = tryOut(path, maker, options);
  if (makers.has(name)) throw bad(path, `calls its model ${name}, which another one is called`);
  makers.set(name, maker as (options: SizeModelOptions) => SizeModel<unknown>);
}

/** Makes a model and lets it observe some orders: what is wrong with it shows before anything starts. @returns its name */
function tryOut(path: string, maker: (options: SizeModelOptions) => unknown, options: SizeModelOptions): string {
  let problem: string | null = null;
  try {
    const model = maker(options);
    problem = problemOf(model);
    if (problem === null) return (model as SizeModel<unknown>).name;
  } catch (cause) {
    throw bad(path, `throws: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  throw bad(path, problem);
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const TRIAL_ORDERS = 300;

function problemOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'makes no object';
  const model = value as Partial<SizeModel<unknown>>;
  if (typeof model.name !== 'string' || !NAME.test(model.name)) {
    return 'has no name of lower-case letters, digits and dashes';
  }
  for (const part of ['initial', 'z', 'observe'] as const) {
    if (typeof model[part] !== 'function') return `has no function ${part}`;
  }
  const whole = model as SizeModel<unknown>;
  let state = whole.initial();
  for (let i = 0; i < TRIAL_ORDERS; i++) {
    const score: unknown = whole.z(state, 0.5 + (i % 7), i * 1e6);
    if (typeof score !== 'number') return `z gives ${typeof score} instead of a number`;
    whole.observe(state, 0.5 + (i % 7), i * 1e6);
    if (i === TRIAL_ORDERS / 2) {
      try {
        state = structuredClone(state);
      } catch {
        return 'has a state that is no plain value: it cannot be copied';
      }
    }
  }
  return null;
}

function bad(path: string, problem: string, cause?: unknown): AppError {
  return new AppError('scoring.bad-model', `the size model in ${path} ${problem}`, {
    remedy: 'See docs/SCORING.md for what a module exports, or take it out of scoring.modelFiles.',
    context: { path },
    cause,
  });
}
