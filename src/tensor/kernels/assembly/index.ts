// One line per family of kernels. Each family's TypeScript declarations stand in src/tensor/kernels/exports.ts.
export * from './memory';
export { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from './convert-16';
export * from './convert-8';
export * from './convert-numbers';
export * from './difference';
export * from './merge';
export * from './scaled-16';
export * from './task-vectors';
export * from './planes';
export * from './two-values';
export * from './predict';
export * from './sparse';
export * from './reduce';
export * from './rotate';
export * from './fusion';
export * from './sparsify';
export * from './sample';
