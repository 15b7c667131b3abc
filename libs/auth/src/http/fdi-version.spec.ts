import { getFdiVersion, hasLoginMethods } from './fdi-version.js';

const requestWith = (versions: string | undefined) => ({
  headers: versions === undefined ? {} : { 'fdi-version': versions },
});

describe('the version of a request (contract §2)', () => {
  it.each([
    [undefined, '4.2'],
    ['', '4.2'],
    ['1.17', '1.17'],
    ['1.18', '1.18'],
    ['1.19', '1.19'],
    ['2.0', '2.0'],
    ['3.0', '3.0'],
    ['3.1', '3.1'],
    ['4.0', '4.0'],
    ['4.1', '4.1'],
    ['4.2', '4.2'],
    ['1.16,1.17,1.18,1.19,2.0,3.0,3.1,4.0,4.1', '4.1'],
    ['3.1,4.0,4.1,4.2', '4.2'],
    // The order of a client's list says nothing.
    ['3.0, 1.17 ,2.0', '3.0'],
    ['2.0,5.0,99.9', '2.0'],
    // None that we know: the newest.
    ['5.0', '4.2'],
    ['0.1,abc', '4.2'],
    ['__proto__', '4.2'],
    ['4.20', '4.2'],
  ] as const)('%j: %s', (offered, version) => {
    expect(getFdiVersion(requestWith(offered))).toBe(version);
  });

  it('describes a user by login methods in 1.18, 1.19 and from 3.0 on (contract §5)', () => {
    const versions = ['1.16', '1.17', '1.18', '1.19', '2.0', '3.0', '3.1', '4.0', '4.1', '4.2'] as const;
    expect(versions.filter((version) => hasLoginMethods(version))).toEqual([
      '1.18',
      '1.19',
      '3.0',
      '3.1',
      '4.0',
      '4.1',
      '4.2',
    ]);
  });
});
