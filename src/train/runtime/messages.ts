/** A dense float32 tensor that moves between threads. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** Named tensors. */
export type FloatTensors = Readonly<Record<string, FloatTensor>>;

/** An execution provider of ONNX Runtime. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

/** What the training worker is asked. One request at a time; each gets one {@link WorkerAnswer}. */
export type WorkerRequest =
  | {
      readonly type: 'open';
      readonly model: Uint8Array;
      readonly probe: Uint8Array;
      readonly provider: Provider;
      readonly threads: number;
      /** Inputs that stay in the worker between runs. */
      readonly resident: FloatTensors;
      /** After each run, output `key` becomes resident input `value`. */
      readonly carry: Readonly<Record<string, string>>;
    }
  | { readonly type: 'run'; readonly feeds: FloatTensors }
  | { readonly type: 'read'; readonly names: readonly string[] };

/** What the training worker answers. */
export type WorkerAnswer =
  | { readonly type: 'tensors'; readonly tensors: FloatTensors }
  | {
      readonly type: 'failed';
      readonly code: 'PROVIDER_MISSING' | 'RUNTIME_FAILED';
      readonly message: string;
    };
