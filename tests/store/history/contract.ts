import { describe } from 'vitest';
import { configCases } from './config-cases.ts';
import { objectCases } from './object-cases.ts';
import { openingCases } from './opening-cases.ts';
import { refCases } from './ref-cases.ts';
import type { Implementation } from './repository.ts';
import { revisionCases } from './revision-cases.ts';
import { signingCases } from './signing-cases.ts';

/** What every implementation of History must do, on real repositories, checked by the other one and by git itself. */
export function historyContract(implementation: Implementation): void {
  describe(`history: ${implementation}`, () => {
    describe('opening', () => openingCases(implementation));
    describe('objects', () => objectCases(implementation));
    describe('refs', () => refCases(implementation));
    describe('revisions', () => revisionCases(implementation));
    describe('configuration', () => configCases(implementation));
    describe('signing', () => signingCases(implementation));
  });
}
