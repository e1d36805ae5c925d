import type { JsonValue } from '../base/canonical-json.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { MeasurableTensor, OpenTask } from './measure-model.ts';

/**
 * Reads `length` bytes from `offset` of one input tensor's dense little-endian data. They stay as they are until the next slice is read;
 * reading in order, of all inputs the same, is what costs least.
 */
export type ReadTensor = (offset: number, length: number) => Promise<Uint8Array>;

/** One input of a merge: the base (if the method has one) comes apart, the models in the order of the revisions. */
export interface MethodInput {
  readonly dtype: Dtype;
  readonly length: number;
  readonly read: ReadTensor;
}

/** Parameters by name, every one explicit; per-model ones as a list in the order of the models. */
export type MethodParameters = { readonly [key: string]: JsonValue };

/** What a method gets for one tensor. */
export interface MethodTask {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly base: MethodInput | undefined;
  readonly models: readonly MethodInput[];
  /** What was measured of each model, F32; absent where nothing was. */
  readonly statistics?: readonly MethodInput[];
  /** Every parameter explicit, validated by `completeParameters`. */
  readonly parameters: MethodParameters;
  /** Elements per slice at most. The result never depends on it. */
  readonly sliceElements: number;
  readonly signal?: AbortSignal;
}

/** A parameter of a method, as documentation, `--help` and validation need it. */
export interface MethodParameter {
  readonly name: string;
  readonly description: string;
  readonly type: 'number' | 'boolean' | 'choice';
  readonly default: JsonValue;
  readonly minimum?: number;
  readonly maximum?: number;
  /** The values of a `choice`. */
  readonly choices?: readonly string[];
  /** One value per model; a single value is given to each. */
  readonly perModel: boolean;
}

interface NamedMethod {
  readonly name: string;
  readonly summary: string;
  /** When to choose it, in one line. */
  readonly whenToUse: string;
  readonly source: string;
}

/** What a recipe's base model is to a method: nothing, where task vectors begin, or the first of the models. */
export type BaseRole = 'unused' | 'origin' | 'first';

/** What a method takes of each model besides its tensor: numbers that were measured on data, and are inputs of the recipe. */
export interface MethodStatistics {
  /** `fisher`: the mean squared gradient of each element; `gram`: the mean product of each two inputs of the layer. */
  readonly kind: 'fisher' | 'gram';
  /** The shape that they have for a tensor, in F32; undefined where there are none. */
  shapeFor(shape: readonly number[]): readonly number[] | undefined;
  /** Whether a tensor cannot be merged without. */
  readonly isRequired: boolean;
}

/** What a method must know of all tensors that it computes of a model before it can compute one. */
export interface ModelMeasurement {
  /** With these complete parameters. */
  isNeeded(parameters: MethodParameters): boolean;
  /** Parameters to be added to those of each tensor, in their order. Tensors may be opened several times. */
  measure(tensors: readonly MeasurableTensor[], open: OpenTask): Promise<readonly MethodParameters[]>;
}

/** A method that calculates the merged tensor. */
export interface ComputingMethod extends NamedMethod {
  readonly kind: 'compute';
  readonly baseRole: BaseRole;
  /** How many models it merges; the base is one of them only where it is the first. */
  readonly models: { readonly minimum: number; readonly maximum: number };
  /** True when the inputs are read more than once, so that keeping them in memory pays. */
  readonly isMultiPass: boolean;
  readonly parameters: readonly MethodParameter[];
  readonly measurement?: ModelMeasurement;
  readonly statistics?: MethodStatistics;
  /** What is found on data before tensors are computed: their parameter `weight`. */
  readonly solves?: 'coefficients';
  /** NaN and infinity in an element of any input always show in the same element of the result: whoever looks there need not look at inputs. */
  readonly spreadsNonFinite?: true;
  /** Version of the numerics; frozen once released. */
  readonly kernels: number;
  /** True when it reads the base's tensor, given complete parameters. */
  needsBase(parameters: MethodParameters): boolean;
  /** Refuses a shape that it cannot merge. Errors: as `run` has them. */
  checkShape?(shape: readonly number[]): void;
  /** Memory for a tensor of a shape beside slices of its inputs; nothing to speak of where absent. */
  memoryBytes?(shape: readonly number[]): number;
  /**
   * The merged tensor, in order, in slices, each of which is there until the next is asked for. Deterministic: same bits on every machine.
   */
  run(task: MethodTask): AsyncIterable<Uint8Array>;
}

/** A method whose result is one side's tensor as it is. */
export interface TakingMethod extends NamedMethod {
  readonly kind: 'take';
  readonly side: 'ours' | 'theirs';
}

/** A merge method: one file in `src/merge/methods/`, listed in `src/merge/methods/registry.ts`. */
export type MergeMethod = ComputingMethod | TakingMethod;
