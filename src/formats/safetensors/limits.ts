/** Bounds checked before anything is allocated. */
export interface SafetensorsLimits {
  /** Bytes of the header's JSON. The format's own bound is 100 MB. */
  readonly headerBytes: number;
  readonly tensors: number;
  readonly dimensions: number;
}

/** Wide enough for every known model (the largest index known has 500,000 tensors), narrow enough for 512 MiB of memory. */
export const SAFETENSORS_LIMITS: SafetensorsLimits = {
  headerBytes: 100_000_000,
  tensors: 1_000_000,
  dimensions: 64,
};
