import { resolve } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { adapterUnsupported, booleanField } from '../../formats/peft/adapter-config.ts';
import type { AdapterTensor } from '../../formats/peft/adapter-type.ts';
import { refuseUnknownLora } from '../../formats/peft/lora.ts';
import { type LoraModule, loraParts } from '../../formats/peft/lora-factors.ts';
import { type AdapterFiles, openAdapterFiles } from '../../formats/peft/read-adapter.ts';
import { recompressed } from '../../merge/adapters/decompose-product.ts';
import { knots } from '../../merge/adapters/knots.ts';
import { averagedFactors, concatenated, type Product } from '../../merge/adapters/product.ts';
import { numbersOf, productOf } from './lora-products.ts';
import { type WholeTensor, type WrittenModule, writeAdapter } from './write-adapter.ts';

/** How adapters are merged with each other. */
export const ADAPTER_METHODS = ['cat', 'svd', 'linear', 'knots'] as const;
export type AdapterMethod = (typeof ADAPTER_METHODS)[number];

/** What `mgit adapter merge` is asked to do. */
export interface MergeAdaptersOptions extends LongOperation {
  readonly cwd: string;
  /** Folders. */
  readonly adapters: readonly string[];
  readonly out: string;
  readonly method: AdapterMethod;
  /** One for each adapter, or one for all; default 1. */
  readonly weights?: readonly number[];
  /** Rank of the result at most (`svd`, `knots`). */
  readonly rank?: number;
  /** Of `knots`: share of the elements that stay, and factor of the merged change. */
  readonly density?: number;
  readonly lambda?: number;
  readonly force?: boolean;
}

/** What was merged. `lost`: the share of the squared norm that a smaller rank leaves out. */
export interface MergedAdapters {
  readonly kind: 'adapter';
  /** Absolute. */
  readonly out: string;
  readonly method: AdapterMethod;
  readonly modules: readonly { readonly module: string; readonly rank: number; readonly lost: number }[];
  /** Tensors that adapters hold as a whole, averaged. */
  readonly averaged: readonly string[];
}

/**
 * Merges LoRA adapters of one base with each other into an adapter. Errors: `ADAPTER_MISSING`, `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`,
 * `ADAPTER_MISMATCH` (of different bases or ranks), `MERGE_PARAMETER_INVALID`, `MERGE_PARAMETER_UNKNOWN`, `OUTPUT_EXISTS`, `FILE_CHANGED`.
 */
export async function mergeAdapters(ports: Ports, options: MergeAdaptersOptions): Promise<MergedAdapters> {
  const { cwd, adapters, method } = options;
  const out = resolve(cwd, options.out);
  refuseUnused(options);
  const weights = weightsOf(options);
  await using stack = new AsyncDisposableStack();
  const files: AdapterFiles[] = [];
  for (const adapter of adapters)
    files.push(stack.use(await openAdapterFiles(ports.fs, resolve(cwd, adapter))));
  const sides = files.map((side, at) => ({ ...openSide(side), weight: weights[at] ?? 1 }));
  const modules: (WrittenModule & { readonly lost: number })[] = [];
  for (const module of [...new Set(sides.flatMap(side => [...side.modules.keys()]))].sort()) {
    options.signal?.throwIfAborted();
    modules.push(await mergeModule(module, sides, options));
  }
  const whole = await averageWhole(sides);
  for (const side of files) await side.checkUnchanged();
  const settings = (files[0]?.config ?? {}) as Readonly<Record<string, JsonValue>>;
  await writeAdapter(ports, out, { adapter: { modules, whole, settings }, force: options.force === true });
  const told = modules.map(({ module, product, lost }) => ({ module, rank: product.rank, lost }));
  return { kind: 'adapter', out, method, modules: told, averaged: whole.map(({ name }) => name) };
}

/** Which methods take a parameter that not all take. */
const TAKERS = { rank: ['svd', 'knots'], density: ['knots'], lambda: ['knots'] } as const;

/** A parameter that would have no effect is a mistake. */
function refuseUnused(options: MergeAdaptersOptions): void {
  for (const name of ['rank', 'density', 'lambda'] as const) {
    const takers: readonly AdapterMethod[] = TAKERS[name];
    if (options[name] === undefined || takers.includes(options.method)) continue;
    throw new MgitError('MERGE_PARAMETER_UNKNOWN', `${options.method} has no parameter ${name}`, {
      hint: `leave it out, or use --method ${takers.join(' or ')}`,
    });
  }
}

/** Adapters that have nothing in common that could be merged. */
function adaptersDiffer(problem: string, hint = 'merge adapters of one base model'): MgitError {
  return new MgitError('ADAPTER_MISMATCH', `the adapters do not fit each other: ${problem}`, { hint });
}

function weightsOf({ adapters, weights = [1] }: MergeAdaptersOptions): readonly number[] {
  if (weights.length === 1) return adapters.map(() => weights[0] ?? 1);
  if (weights.length === adapters.length) return weights;
  throw new MgitError(
    'MERGE_PARAMETER_INVALID',
    `there are ${weights.length} weights for ${adapters.length} adapters`,
    {
      hint: 'give one for all, or one for each',
    },
  );
}

interface Side {
  readonly modules: ReadonlyMap<string, LoraModule>;
  readonly others: readonly AdapterTensor[];
  readonly weight: number;
}

function openSide({ config, tensors }: AdapterFiles): Omit<Side, 'weight'> {
  if (config.peft_type !== 'LORA')
    throw adapterUnsupported(`the type ${JSON.stringify(config.peft_type)} in merges of adapters`);
  refuseUnknownLora(config);
  if (booleanField(config, 'fan_in_fan_out'))
    throw adapterUnsupported('fan_in_fan_out in merges of adapters');
  const { modules, others } = loraParts(config, tensors);
  return { modules: new Map(modules.map(module => [module.module, module])), others };
}

async function mergeModule(
  name: string,
  sides: readonly Side[],
  options: MergeAdaptersOptions,
): Promise<WrittenModule & { readonly lost: number }> {
  const own = sides.flatMap(({ modules, weight }) => {
    const module = modules.get(name);
    return module ? [{ module, weight }] : [];
  });
  const products: Product[] = [];
  for (const { module } of own) products.push(await productOf(module));
  refuseUnlike(
    name,
    own.map(({ module }) => module),
    products,
  );
  const factors = own.map(({ module, weight }) => weight * module.scale);
  const { product, lost } = combined(products, { name, factors, options });
  const first = own[0]?.module;
  return {
    module: name,
    isEmbedding: first?.isEmbedding === true,
    inputs: first?.a.shape.slice(1) ?? [],
    product,
    lost,
  };
}

function refuseUnlike(name: string, modules: readonly LoraModule[], products: readonly Product[]): void {
  const [first] = modules;
  const isUnlike = modules.some(
    ({ a, isEmbedding }, at) =>
      isEmbedding !== first?.isEmbedding ||
      products[at]?.rows !== products[0]?.rows ||
      String(a.shape.slice(1)) !== String(first?.a.shape.slice(1)),
  );
  if (isUnlike) throw adaptersDiffer(`${name} has other inputs or outputs in another adapter`);
}

interface Combination {
  readonly name: string;
  readonly factors: readonly number[];
  readonly options: MergeAdaptersOptions;
}

function combined(
  products: readonly Product[],
  { name, factors, options }: Combination,
): { product: Product; lost: number } {
  const { method, rank = Math.max(...products.map(product => product.rank)) } = options;
  switch (method) {
    case 'cat':
      return { product: concatenated(products, factors), lost: 0 };
    case 'svd':
      return recompressed(concatenated(products, factors), rank);
    case 'linear':
      return { product: averaged(products, { name, factors }), lost: 0 };
    case 'knots': {
      const { density = 1, lambda = 1 } = options;
      const merged = knots(products, { weights: factors, density, lambda });
      return options.rank === undefined ? { product: merged, lost: 0 } : recompressed(merged, options.rank);
    }
  }
}

/** As PEFT does it, the root of each weight times scale goes to both factors. */
function averaged(
  products: readonly Product[],
  { name, factors }: { name: string; factors: readonly number[] },
): Product {
  if (products.some(({ rank }) => rank !== products[0]?.rank))
    throw adaptersDiffer(
      `${name} has different ranks, so factors have no average`,
      'use --method cat or svd',
    );
  if (factors.some(factor => factor < 0))
    throw new MgitError(
      'MERGE_PARAMETER_INVALID',
      'linear takes the roots of weights, and none of negative ones',
      {
        hint: 'use --method cat, which is the exact sum',
      },
    );
  return averagedFactors(products, factors.map(Math.sqrt));
}

/** Tensors that adapters hold as a whole: the weighted average of those that have them. */
async function averageWhole(sides: readonly Side[]): Promise<readonly WholeTensor[]> {
  const names = [...new Set(sides.flatMap(({ others }) => others.map(({ name }) => name)))].sort();
  const result: WholeTensor[] = [];
  for (const name of names) {
    const own = sides.flatMap(({ others, weight }) => {
      const tensor = others.find(other => other.name === name);
      return tensor ? [{ tensor, weight }] : [];
    });
    const shape = own[0]?.tensor.shape ?? [];
    if (own.some(({ tensor }) => String(tensor.shape) !== String(shape)))
      throw adaptersDiffer(`${name} has another shape in another adapter`);
    const total = own.reduce((sum, { weight }) => sum + weight, 0);
    const sum = new Float64Array(shape.reduce((product, size) => product * size, 1));
    for (const { tensor, weight } of own)
      for (const [at, value] of (await numbersOf(tensor)).entries())
        sum[at] = (sum[at] ?? 0) + (total === 0 ? 1 / own.length : weight / total) * value;
    result.push({ name, shape, values: Float32Array.from(sum) });
  }
  return result;
}
