import { combined, listOf, type Reference } from './reference.ts';

export const passthrough: Reference = input => combined(listOf(input, 'scale'), input.models);
