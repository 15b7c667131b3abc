import { getHeader, type HttpRequest } from '../../http/http-request.js';
import type { LanguageTag } from './page-texts.js';

/**
 * Chooses the language that a person reads best, by `Accept-Language` (RFC 9110 §12.5.4) and the lookup of RFC 4647 §3.4:
 * `de-AT` is answered with `de` where there is no `de-AT`.
 *
 * @param fallback for whoever asks for nothing that there is.
 */
export function chooseLanguage(
  request: HttpRequest,
  available: readonly LanguageTag[],
  fallback: LanguageTag,
): LanguageTag {
  const byLowerCase = new Map(available.map((tag) => [tag.toLowerCase(), tag]));
  for (const range of readRanges(getHeader(request, 'accept-language') ?? '')) {
    if (range === '*') {
      return fallback;
    }
    for (let tag = range; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const found = byLowerCase.get(tag);
      if (found !== undefined) {
        return found;
      }
    }
  }
  return fallback;
}

/** More than any browser sends; what comes after is not read. */
const MAX_LENGTH = 500;

/** The wishes of a header in lower case, the strongest first. */
function readRanges(header: string): string[] {
  return header
    .slice(0, MAX_LENGTH)
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { range, quality: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ range, quality }) => range !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ range }) => range);
}
