import { findCookies, getCookie, getWords, type HttpAnswer } from '../support/http-answer.js';

/** Expects an answer that takes all tokens from the client (contract §2). */
export function expectCleared(answer: HttpAnswer): void {
  for (const name of ['sAccessToken', 'sRefreshToken']) {
    const { value, attributes } = getCookie(answer, name);
    expect(value).toBe('');
    expect(Date.parse(String(attributes['expires']))).toBe(0);
  }
  expect(answer.headers.get('st-access-token')).toBe('');
  expect(answer.headers.get('st-refresh-token')).toBe('');
  expect(answer.headers.get('front-token')).toBe('remove');
  expect(answer.headers.get('anti-csrf')).toBeNull();
  expect(getWords(answer, 'access-control-expose-headers')).toEqual(
    expect.arrayContaining(['front-token', 'st-access-token', 'st-refresh-token']),
  );
}

/** Expects an answer that says nothing about the client's tokens. */
export function expectNothingCleared(answer: HttpAnswer): void {
  expect(answer.cookies).toEqual([]);
  for (const name of ['front-token', 'st-access-token', 'st-refresh-token', 'anti-csrf']) {
    expect(answer.headers.get(name)).toBeNull();
  }
}

/** Expects an answer that clears what came by one way, and gives tokens by the other. */
export function expectOnlyWay(answer: HttpAnswer, way: 'cookie' | 'header'): void {
  for (const [cookieName, headerName] of [
    ['sAccessToken', 'st-access-token'],
    ['sRefreshToken', 'st-refresh-token'],
  ] as const) {
    const cookies = findCookies(answer, cookieName);
    expect(cookies.map(({ value }) => value !== '')).toEqual([way === 'cookie']);
    expect(answer.headers.get(headerName) === '').toBe(way === 'cookie');
  }
}
