import { expect, test } from 'vitest';
import { defaultLfsUrl } from '../../src/remote/lfs-endpoint.ts';
import { parseRemoteUrl, rewriteUrl } from '../../src/remote/remote-url.ts';

test.each([
  ['https://host/a.git', { kind: 'http', url: 'https://host/a.git' }],
  ['ssh://git@host:2222/a/b.git', { kind: 'ssh', destination: 'git@host', port: '2222', path: '/a/b.git' }],
  ['git@host:a/b.git', { kind: 'ssh', destination: 'git@host', port: undefined, path: 'a/b.git' }],
  ['/srv/a.git', { kind: 'path', path: '/srv/a.git' }],
  ['../a.git', { kind: 'path', path: '/work/a.git' }],
  ['./a:b', { kind: 'path', path: '/work/here/a:b' }],
  ['file:///srv/a%20b.git', { kind: 'path', path: '/srv/a b.git' }],
])('%s', (text, address) => {
  expect(parseRemoteUrl(text, '/work/here')).toEqual(address);
});

test.each(['ext::sh -c evil', 'git://host/a.git', 'ssh://-oProxyCommand=x/a', '-x:path'])(
  '%s is refused',
  text => {
    expect(() => parseRemoteUrl(text, '/work')).toThrow(
      expect.objectContaining({ code: 'REMOTE_URL_UNSUPPORTED' }),
    );
  },
);

test('the longest rewriting wins, and pushes have their own', () => {
  const config = [
    { key: 'url.https://mirror/.insteadOf', value: 'https://host/' },
    { key: 'url.https://team.mirror/.insteadof', value: 'https://host/team/' },
    { key: 'url.ssh://git@host/.pushInsteadOf', value: 'https://host/' },
  ];
  expect(rewriteUrl('https://host/team/a.git', config, 'fetch')).toBe('https://team.mirror/a.git');
  expect(rewriteUrl('https://host/team/a.git', config, 'push')).toBe('ssh://git@host/team/a.git');
  expect(rewriteUrl('https://other/a.git', config, 'push')).toBe('https://other/a.git');
});

test('the LFS server is below the Git URL', () => {
  expect(defaultLfsUrl('https://alpha:x@host/a/b.git')).toBe('https://host/a/b.git/info/lfs');
  expect(defaultLfsUrl('https://host/a/b/')).toBe('https://host/a/b.git/info/lfs');
});
