import { afterEach, describe, expect, it, vi } from 'vitest';

import { DataMissing, dataFile, describeWithData } from './data.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('a recorded file that is absent', () => {
  it('is null and printed once', () => {
    vi.stubEnv('REQUIRE_DATA', '');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(dataFile('no', 'such', 'file')).toBeNull();
    expect(dataFile('no', 'such', 'file')).toBeNull();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('no/such/file'));
  });

  it('is an error where data are required', () => {
    vi.stubEnv('REQUIRE_DATA', '1');
    expect(() => dataFile('no', 'such', 'file')).toThrow(DataMissing);
  });
});

describeWithData('a recorded file that is present', ['README.md'], (path) => {
  it('is named by an absolute path', () => {
    expect(path).toMatch(/^\/.*README\.md$/);
  });
});
