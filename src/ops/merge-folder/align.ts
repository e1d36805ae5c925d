import { basename, join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { type MatchedGroup, matchWeights, permuted } from '../../merge/alignment/match-weights.ts';
import {
  BUNDLED_PATTERNS,
  type GroupPattern,
  groupsOf,
  layerGroups,
  type PermutationGroup,
  type Shapes,
} from '../../merge/alignment/permutation-groups.ts';
import { readPermutations } from '../../merge/alignment/read-permutations.ts';
import { isFloat } from '../../merge/float-dtypes.ts';
import { type OpenFiles, openFiles } from '../../merge/model-files/file-source.ts';
import { type OpenInput, openInput } from '../../merge/model-files/open-input.ts';
import type { InputTensor } from '../../merge/model-plan/input-model.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { parseModelConfig } from '../../train/architectures/model-config.ts';
import { isSingleFile, makeOutput, refuseExisting, writeSmall } from '../output/output-folder.ts';
import { writeTensors } from '../output/tensors-file.ts';
import { bytesOf, floatsOf } from './read-tensor.ts';

/** What `mgit align` is asked to do. */
export interface AlignOptions extends LongOperation {
  readonly cwd: string;
  /** A folder or file. */
  readonly model: string;
  /** The model that it is to be like. */
  readonly to: string;
  readonly out: string;
  /** A file that says which axes are permuted together; default: what is known of usual models. */
  readonly permutations?: string;
  readonly seed?: number;
  readonly rounds?: number;
  readonly force?: boolean;
}

/** What was aligned. */
export interface AlignedModel {
  readonly kind: 'aligned';
  /** Absolute. */
  readonly out: string;
  /** `moved`: how many units are elsewhere now; the similarities with the reference are sums of products of weights. */
  readonly groups: readonly {
    readonly group: string;
    readonly units: number;
    readonly moved: number;
    readonly before: number;
    readonly after: number;
  }[];
}

/** Units of a layer at most: the assignment takes minutes then. */
const MOST_UNITS = 4096;
const ROUNDS = 100;
/** Small files beside a model that go with it. */
const COMPANION_BYTES = 64 * 1024 * 1024;

/**
 * Puts the units of a model's layers into the order in which its weights are most like those of another model; what it computes stays the
 * same, and the bytes of its elements do. Errors: `ALIGN_NOTHING` (no axes are known), `ALIGN_MISMATCH` (other shapes), `ALIGN_TOO_LARGE`,
 * `PERMUTATIONS_INVALID`, `MODEL_NOT_FOUND`, `OUTPUT_EXISTS`, `FILE_CHANGED`, those of the formats.
 */
export async function alignModel(ports: Ports, options: AlignOptions): Promise<AlignedModel> {
  const { cwd, seed = 0, rounds = ROUNDS, signal, onEvent } = options;
  const out = resolve(cwd, options.out);
  await refuseExisting(ports.fs, out, options.force === true);
  await using model = await openInput(ports.fs, cwd, options.model);
  await using reference = await openInput(ports.fs, cwd, options.to);
  await using files = openFiles(ports.fs);
  const shapes = shapesOf(model);
  const groups = await groupsFor(ports, { model, shapes }, options);
  refuseUnlike(groups, { shapes, reference });
  const matched = await matchWeights({
    ...{ groups, shapes, seed, rounds, signal },
    reference: tensor => floatsOf(files, reference, tensor),
    model: tensor => floatsOf(files, model, tensor),
    onGroup: name => onEvent?.({ type: 'step', message: `matching ${name}` }),
  });
  await write(ports, { model, files, matched, out });
  return { kind: 'aligned', out, groups: matched.map(told) };
}

function told({ group, order, before, after }: MatchedGroup): AlignedModel['groups'][number] {
  const moved = order.reduce((count, from, at) => count + (from === at ? 0 : 1), 0);
  return { group: group.name, units: group.size, moved, before, after };
}

function shapesOf({ tensors }: OpenInput): Shapes {
  return new Map(
    [...tensors].filter(([, { dtype }]) => isFloat(dtype)).map(([name, { shape }]) => [name, shape]),
  );
}

async function groupsFor(
  ports: Ports,
  { model, shapes }: { readonly model: OpenInput; readonly shapes: Shapes },
  { permutations, cwd }: AlignOptions,
): Promise<readonly PermutationGroup[]> {
  const groups =
    permutations === undefined
      ? [...layersOf(model, shapes), ...groupsOf(BUNDLED_PATTERNS, shapes)]
      : groupsOf(await readPatterns(ports, resolve(cwd, permutations)), shapes);
  if (groups.length === 0)
    throw new MgitError(
      'ALIGN_NOTHING',
      `no layers of ${model.name} are known whose units may be in another order`,
      {
        hint: 'say which axes belong together in a file, and name it with --permutations (docs/merging.md, "Alignment")',
      },
    );
  const large = groups.find(({ size }) => size > MOST_UNITS);
  if (large)
    throw new MgitError('ALIGN_TOO_LARGE', `${large.name} has ${large.size} units, more than ${MOST_UNITS}`, {
      hint: 'leave it out: name smaller layers with --permutations',
    });
  return groups;
}

async function readPatterns({ fs }: Ports, path: string): Promise<readonly GroupPattern[]> {
  try {
    return readPermutations(new TextDecoder().decode(await fs.readFile(path)), basename(path));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EISDIR')) throw error;
    throw new MgitError('PERMUTATIONS_INVALID', `there is no file ${path}`, {
      hint: 'correct --permutations',
      cause: error,
    });
  }
}

/** The layers of mgit's own network of fully connected ones, which its config names in their order. */
function layersOf({ config }: OpenInput, shapes: Shapes): readonly PermutationGroup[] {
  if (config?.architecture !== 'mlp') return [];
  const { network } = parseModelConfig(JSON.stringify(config));
  const weights = network.parameters.filter(({ shape }) => shape.length === 2).map(({ name }) => name);
  return weights.every(name => shapes.has(name)) ? layerGroups(weights, shapes) : [];
}

function refuseUnlike(
  groups: readonly PermutationGroup[],
  { shapes, reference }: { readonly shapes: Shapes; readonly reference: OpenInput },
): void {
  for (const { tensor } of groups.flatMap(({ axes }) => axes)) {
    const other = reference.tensors.get(tensor);
    if (other && isFloat(other.dtype) && String(other.shape) === String(shapes.get(tensor))) continue;
    throw new MgitError('ALIGN_MISMATCH', `${tensor} is not like that in ${reference.name}`, {
      hint: 'both models must have the same architecture',
    });
  }
}

interface Written {
  readonly model: OpenInput;
  readonly files: OpenFiles;
  readonly matched: readonly MatchedGroup[];
  readonly out: string;
}

async function write(ports: Ports, { model, files, matched, out }: Written): Promise<void> {
  const isSingle = isSingleFile(out);
  const permutedBytes = async ({ name, dtype, shape }: InputTensor): Promise<Uint8Array> => {
    let data = await bytesOf(files, model, name);
    for (const { group, order } of matched)
      for (const { tensor, axis } of group.axes)
        if (tensor === name) data = permuted(data, shape, { axis, order, width: byteLength(dtype, [1]) });
    return data;
  };
  await makeOutput(ports, out, async staging => {
    const path = join(staging, isSingle ? basename(out) : 'model.safetensors');
    await writeTensors(ports.fs, path, [...model.tensors.values()], permutedBytes);
    if (!isSingle) await copyCompanions(ports, model, staging);
    await model.checkUnchanged();
  });
}

/** Config, tokenizer and the like: whatever small file is no weights. */
async function copyCompanions({ fs }: Ports, { location }: OpenInput, folder: string): Promise<void> {
  if (location.folder === undefined) return;
  for (const { name, kind } of await fs.readDirectory(location.folder)) {
    const isWeights = /\.(?:safetensors|bin|pt|pth|gguf|onnx|h5|msgpack)(?:\.index\.json)?$/.test(name);
    if (kind !== 'file' || isWeights || name.startsWith('.')) continue;
    const path = join(location.folder, name);
    if ((await fs.stat(path)).size <= COMPANION_BYTES)
      await writeSmall(fs, join(folder, name), await fs.readFile(path));
  }
}
