// One line per family of kernels. Each family's TypeScript declarations stand in src/tensor/kernels/exports.ts.
export * from './memory';
export * from './merge';
export * from './task-vectors';
