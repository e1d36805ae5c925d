import { expect, test } from 'vitest';
import { chooseLayout } from '../../src/merge/layout.ts';
import { manifestOf } from '../../src/store/manifest/manifest-of.ts';
import { digestOf } from '../testkit/layouts.ts';
import { modelFile } from '../testkit/stores.ts';

test('a merge would leave the checksums of an npz file wrong, so it is refused', () => {
  const { layout } = modelFile([{ name: 'w', dtype: 'U8', shape: [2], data: new Uint8Array(2) }]);
  const manifest = manifestOf({ ...layout, format: 'npz' }, [digestOf('head'), digestOf('w')]);
  expect(() => chooseLayout(undefined, [manifest, manifest], [])).toThrow(
    expect.objectContaining({ code: 'MERGE_LAYOUT_UNSUPPORTED' }),
  );
});
