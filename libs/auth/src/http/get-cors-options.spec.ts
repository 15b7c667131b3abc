import { ConfigurationError } from '../config/configuration.error.js';
import { getCorsOptions } from './get-cors-options.js';
import type { HttpRequest } from './http-request.js';

const expected = {
  credentials: true,
  allowedHeaders: ['content-type', 'anti-csrf', 'rid', 'fdi-version', 'authorization', 'st-auth-mode'],
};

describe('getCorsOptions', () => {
  it('are the website’s origin, credentials and the headers of the SDKs', () => {
    const options = getCorsOptions({ appName: 'A', apiDomain: 'api.example.com', websiteDomain: 'example.com/x' });
    expect(options).toEqual({ ...expected, origin: 'https://example.com' });
  });

  it('ask for the origin with each request, where it depends on the request', () => {
    const options = getCorsOptions({
      appName: 'A',
      apiDomain: 'api.example.com',
      origin: (request) => `https://${String(request?.headers.host)}`,
    });
    const answers: unknown[] = [];
    const request: HttpRequest = { headers: { host: 'b.example.com' } };
    if (typeof options === 'function') {
      options(request, (error, answer) => answers.push(error, answer));
    }
    expect(answers).toEqual([null, { ...expected, origin: 'https://b.example.com' }]);
  });

  it('refuse a wrong appInfo', () => {
    expect(() => getCorsOptions({ appName: 'A', apiDomain: '', websiteDomain: 'example.com' })).toThrow(
      ConfigurationError,
    );
  });
});
